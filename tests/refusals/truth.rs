//! Whether what is explained is what happened: the tenant knows which of its rules fired, and does not tell.

use authwright::explain::Explanation;

/// What was explained without the tenant's note, beside the rule that fired.
#[derive(Debug, Default)]
pub struct Diagnosis {
    pub code: u32,
    pub rule: &'static str,
    /// The causes, best first, with how sure each is.
    pub causes: Vec<(String, &'static str)>,
}

impl Diagnosis {
    pub fn new(code: u32, rule: &'static str, explanation: &Explanation) -> Self {
        let causes = explanation.causes.iter().map(|cause| (cause.id.clone(), cause.certainty.name()));
        Self { code, rule, causes: causes.collect() }
    }

    pub fn shown(&self) -> String {
        format!("{}\t{:?}", self.rule, self.causes)
    }
}
