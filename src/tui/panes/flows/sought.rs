//! Which offers the list shows while something is sought.

use crate::workbench::{Group, Offer};

/// Whether an offer has every word that is typed somewhere in its names, in any letter case.
pub fn matches(offer: &Offer, typed: &str) -> bool {
    let names = [
        offer.kind.name(),
        offer.kind.title(),
        Group::of(offer.kind).title(),
        &offer.key,
        &offer.about,
        offer.profile.platform.name(),
    ];
    let names = names.map(str::to_lowercase);
    typed.split_whitespace().all(|word| {
        let word = word.to_lowercase();
        names.iter().any(|name| name.contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{provider::scenario::Scenario, workbench::Workbench};

    #[test]
    fn every_word_has_to_be_found_somewhere() {
        let bench = Workbench::new(None, Scenario::northwind());
        let found = |typed: &str| -> Vec<(&str, &str)> {
            let offers = bench.offers.iter().filter(|offer| matches(offer, typed));
            offers.map(|offer| (offer.kind.name(), offer.key.as_str())).collect()
        };
        assert_eq!(found("").len(), bench.offers.len());
        assert_eq!(found("device KIOSK"), [("device_code", "kiosk")]);
        assert!(
            found("behalf").iter().all(|(kind, _)| *kind == "on_behalf_of") && !found("behalf").is_empty()
        );
        assert!(found("no such thing").is_empty());
    }
}
