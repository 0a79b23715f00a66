//! `$filter` (`OData` 4.01 URL conventions §5.1.1): read into a tree, then asked about entities as they are shown.
//!
//! Known are `eq ne gt ge lt le in`, `startswith endswith contains`, `and or not`, parentheses, and `any` over a list, as
//! in `identifierUris/any(uri:uri eq 'api://x')`. Texts are compared whatever their letter case, as directories do.

use std::cmp::Ordering;

use serde_json::{Map, Value};

/// How deep parentheses and `not` may be nested.
const DEPTH: usize = 32;

/// A condition on an entity.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare { path: Vec<String>, operator: Operator, value: Value },
    In { path: Vec<String>, values: Vec<Value> },
    Text { path: Vec<String>, test: TextTest, value: String },
    Any { path: Vec<String>, item: Box<Filter> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

const OPERATORS: &[(&str, Operator)] = &[
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterOrEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessOrEqual),
];

const TESTS: &[(&str, TextTest)] = &[
    ("startswith", TextTest::StartsWith),
    ("endswith", TextTest::EndsWith),
    ("contains", TextTest::Contains),
];

impl Filter {
    /// Reads the value of `$filter`. The error says what was expected where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { tokens: tokens(text)?, at: 0, depth: 0 };
        let filter = reader.either()?;
        match reader.peek() {
            None => Ok(filter),
            Some(rest) => Err(format!("'{}' stands behind a condition that is complete", rest.shown())),
        }
    }

    /// Whether it holds for an entity.
    pub fn holds(&self, entity: &Map<String, Value>) -> bool {
        self.holds_for(&Scope::Entity(entity))
    }

    fn holds_for(&self, scope: &Scope<'_>) -> bool {
        match self {
            Self::And(one, other) => one.holds_for(scope) && other.holds_for(scope),
            Self::Or(one, other) => one.holds_for(scope) || other.holds_for(scope),
            Self::Not(inner) => !inner.holds_for(scope),
            Self::Compare { path, operator, value } => operator.holds(scope.at(path), value),
            Self::In { path, values } => {
                let found = scope.at(path);
                values.iter().any(|value| Operator::Equal.holds(found, value))
            }
            Self::Text { path, test, value } => {
                let found = scope.at(path).as_str().unwrap_or_default().to_lowercase();
                let value = value.to_lowercase();
                match test {
                    TextTest::StartsWith => found.starts_with(&value),
                    TextTest::EndsWith => found.ends_with(&value),
                    TextTest::Contains => found.contains(&value),
                }
            }
            Self::Any { path, item } => {
                let items = scope.at(path).as_array().map(Vec::as_slice).unwrap_or_default();
                items.iter().any(|one| item.holds_for(&Scope::Item(one)))
            }
        }
    }

    /// The properties of the entity that it looks at.
    pub fn properties(&self) -> Vec<&str> {
        match self {
            Self::And(one, other) | Self::Or(one, other) => {
                let mut all = one.properties();
                all.extend(other.properties());
                all
            }
            Self::Not(inner) => inner.properties(),
            Self::Compare { path, .. }
            | Self::In { path, .. }
            | Self::Text { path, .. }
            | Self::Any { path, .. } => path.first().map(String::as_str).into_iter().collect(),
        }
    }

    /// Whether the directory answers it only with its slower index (`ConsistencyLevel: eventual`).
    pub fn is_advanced(&self) -> bool {
        match self {
            Self::And(one, other) | Self::Or(one, other) => one.is_advanced() || other.is_advanced(),
            Self::Not(_) => true,
            Self::Compare { operator, .. } => *operator == Operator::NotEqual,
            Self::Text { test, .. } => *test != TextTest::StartsWith,
            Self::In { .. } => false,
            Self::Any { item, .. } => item.is_advanced(),
        }
    }
}

impl Operator {
    fn holds(self, found: &Value, value: &Value) -> bool {
        let order = order(found, value);
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

/// How two values compare, if they are of one kind; moments as moments, however they are written.
pub fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::String(one), Value::String(other)) => {
            let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
            match (moment(one), moment(other)) {
                (Some(one), Some(other)) => Some(one.cmp(&other)),
                _ => Some(one.to_lowercase().cmp(&other.to_lowercase())),
            }
        }
        _ => None,
    }
}

/// What the paths of a condition begin at.
enum Scope<'a> {
    Entity(&'a Map<String, Value>),
    /// An item of a list, under the name that the condition gives it.
    Item(&'a Value),
}

impl<'a> Scope<'a> {
    fn at(&self, path: &[String]) -> &'a Value {
        let mut steps = path.iter();
        let mut value = match self {
            Self::Item(item) => *item,
            Self::Entity(entity) => match steps.next().and_then(|step| member(entity, step)) {
                Some(value) => value,
                None => return &Value::Null,
            },
        };
        for step in steps {
            let Some(inner) = value.as_object().and_then(|members| member(members, step)) else {
                return &Value::Null;
            };
            value = inner;
        }
        value
    }
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

impl Token {
    fn shown(&self) -> &str {
        match self {
            Self::Word(text) | Self::Text(text) => text,
            Self::Open => "(",
            Self::Close => ")",
            Self::Comma => ",",
            Self::Colon => ":",
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_whitespace() => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            ':' => tokens.push(Token::Colon),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.peek() == Some(&'\'') => {
                            rest.next();
                            quoted.push('\'');
                        }
                        Some('\'') => break,
                        Some(c) => quoted.push(c),
                        None => return Err("a text is not closed".to_owned()),
                    }
                }
                tokens.push(Token::Text(quoted));
            }
            first => {
                // The time in a moment has colons, and a name has none.
                let is_literal = first.is_ascii_digit() || first == '-';
                let mut word = String::from(first);
                while let Some(c) = rest.peek() {
                    if c.is_whitespace() || "(),'".contains(*c) || (*c == ':' && !is_literal) {
                        break;
                    }
                    word.push(*c);
                    rest.next();
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// Takes the next token if it is that word.
    fn takes(&mut self, word: &str) -> bool {
        let fits = matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(fits);
        fits
    }

    fn expect(&mut self, expected: &Token) -> Result<(), String> {
        match self.next() {
            Some(found) if found == *expected => Ok(()),
            Some(found) => Err(format!("'{}' stands where '{}' should", found.shown(), expected.shown())),
            None => Err(format!("it ends where '{}' should stand", expected.shown())),
        }
    }

    fn either(&mut self) -> Result<Filter, String> {
        let mut filter = self.both()?;
        while self.takes("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both()?));
        }
        Ok(filter)
    }

    fn both(&mut self) -> Result<Filter, String> {
        let mut filter = self.one()?;
        while self.takes("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("it is nested too deep".to_owned());
        }
        let filter = self.unguarded();
        self.depth -= 1;
        filter
    }

    fn unguarded(&mut self) -> Result<Filter, String> {
        if self.takes("not") {
            return Ok(Filter::Not(Box::new(self.one()?)));
        }
        match self.next() {
            Some(Token::Open) => {
                let inner = self.either()?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            Some(Token::Word(word)) => self.about(&word),
            Some(other) => Err(format!("'{}' stands where a property should", other.shown())),
            None => Err("it ends where a condition should stand".to_owned()),
        }
    }

    /// What comes behind a name: a function's arguments, a lambda, or an operator.
    fn about(&mut self, word: &str) -> Result<Filter, String> {
        if let Some((_, test)) = TESTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
            self.expect(&Token::Open)?;
            let path = path(&self.word()?);
            self.expect(&Token::Comma)?;
            let Some(Token::Text(value)) = self.next() else {
                return Err(format!("{word} compares with a text in single quotes"));
            };
            self.expect(&Token::Close)?;
            return Ok(Filter::Text { path, test: *test, value });
        }
        if let Some(list) = word.strip_suffix("/any") {
            self.expect(&Token::Open)?;
            let variable = self.word()?;
            self.expect(&Token::Colon)?;
            let item = self.either()?.without(&variable)?;
            self.expect(&Token::Close)?;
            return Ok(Filter::Any { path: path(list), item: Box::new(item) });
        }
        let path = path(word);
        if self.takes("in") {
            self.expect(&Token::Open)?;
            let mut values = vec![self.literal()?];
            while self.peek() == Some(&Token::Comma) {
                self.at += 1;
                values.push(self.literal()?);
            }
            self.expect(&Token::Close)?;
            return Ok(Filter::In { path, values });
        }
        let found = self.word()?;
        let Some((_, operator)) = OPERATORS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&found)) else {
            return Err(format!("'{found}' is no operator"));
        };
        Ok(Filter::Compare { path, operator: *operator, value: self.literal()? })
    }

    fn word(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(other) => Err(format!("'{}' stands where a name should", other.shown())),
            None => Err("it ends where a name should stand".to_owned()),
        }
    }

    fn literal(&mut self) -> Result<Value, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => word.parse::<i64>().map_or_else(|_| Value::String(word), Value::from),
            }),
            Some(other) => Err(format!("'{}' stands where a value should", other.shown())),
            None => Err("it ends where a value should stand".to_owned()),
        }
    }
}

impl Filter {
    /// Paths of a lambda begin with its variable, which is the item itself.
    fn without(self, variable: &str) -> Result<Self, String> {
        let shorter = |mut path: Vec<String>| {
            if path.first().is_some_and(|first| first == variable) {
                path.remove(0);
                return Ok(path);
            }
            Err(format!("within any(…) a name begins with '{variable}'"))
        };
        Ok(match self {
            Self::And(one, other) => {
                Self::And(Box::new(one.without(variable)?), Box::new(other.without(variable)?))
            }
            Self::Or(one, other) => {
                Self::Or(Box::new(one.without(variable)?), Box::new(other.without(variable)?))
            }
            Self::Not(inner) => Self::Not(Box::new(inner.without(variable)?)),
            Self::Compare { path, operator, value } => {
                Self::Compare { path: shorter(path)?, operator, value }
            }
            Self::In { path, values } => Self::In { path: shorter(path)?, values },
            Self::Text { path, test, value } => Self::Text { path: shorter(path)?, test, value },
            Self::Any { path, item } => Self::Any { path: shorter(path)?, item },
        })
    }
}

fn path(word: &str) -> Vec<String> {
    word.split('/').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(filter: &str) -> bool {
        let Value::Object(entity) = json!({
            "displayName": "Mina's shop", "accountEnabled": true, "mail": null, "count": 7,
            "createdDateTime": "2026-03-04T09:15:27.000Z", "status": { "errorCode": 50126 },
            "identifierUris": ["api://a", "api://b"], "keys": [{ "keyId": "k1" }],
        }) else {
            panic!("it is an object")
        };
        Filter::parse(filter).unwrap_or_else(|why| panic!("{filter}: {why}")).holds(&entity)
    }

    #[test]
    fn conditions_hold_or_not() {
        for filter in [
            "displayName eq 'MINA''s shop'",
            "startswith(displayName,'mina')",
            "startsWith(displayname, 'Mina')",
            "endsWith(displayName,'shop') and contains(displayName,'s s')",
            "accountEnabled eq true and mail eq null",
            "count gt 6 and count le 7 and not (count eq 8)",
            "displayName in ('x', 'Mina''s shop')",
            "status/errorCode ne 0",
            "createdDateTime ge 2026-03-04T09:15:27Z and createdDateTime lt 2026-03-05",
            "identifierUris/any(u:u eq 'api://b')",
            "keys/any(k:k/keyId eq 'k1')",
            "mail eq 'x' or count eq 7 and accountEnabled eq true",
        ] {
            assert!(holds(filter), "{filter}");
        }
        for filter in [
            "displayName ne 'Mina''s shop'",
            "count eq '7'",
            "nothing eq 'x'",
            "(mail eq 'x' or count eq 7) and accountEnabled eq false",
            "identifierUris/any(u:u eq 'api://c')",
            "createdDateTime gt 2026-03-04T09:15:27Z",
        ] {
            assert!(!holds(filter), "{filter}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_with_a_reason() {
        for (filter, reason) in [
            ("displayName", "a name should stand"),
            ("displayName is 'x'", "no operator"),
            ("displayName eq 'x", "not closed"),
            ("displayName eq", "a value should stand"),
            ("displayName eq 'x' 'y'", "complete"),
            ("(displayName eq 'x'", "')'"),
            ("startswith(displayName,7)", "single quotes"),
            ("a/any(x:y eq 'z')", "begins with 'x'"),
            (")", "a property should"),
            ("", "a condition should"),
        ] {
            let why = Filter::parse(filter).unwrap_err();
            assert!(why.contains(reason), "{filter}: {why}");
        }
        let deep = "(".repeat(100_000);
        assert!(Filter::parse(&deep).unwrap_err().contains("too deep"));
        assert!(Filter::parse(&"not ".repeat(100_000)).unwrap_err().contains("too deep"));
    }

    #[test]
    fn what_needs_the_slower_index_is_known() {
        let advanced = |filter: &str| Filter::parse(filter).unwrap().is_advanced();
        assert!(advanced("a ne 'x'") && advanced("not(a eq 'x')") && advanced("endsWith(a,'x')"));
        assert!(!advanced("a eq 'x' or startswith(a,'x') or a in ('x')"));
        assert_eq!(Filter::parse("a eq 1 and b/c eq 2").unwrap().properties(), ["a", "b"]);
    }
}
