//! Which exchanges the list shows.

use crate::workbench::{Exchange, ExchangeId, Traffic};

/// The exchanges that match what is typed. Remembers its hits, so that only new exchanges are looked at again.
#[derive(Debug, Default)]
pub struct Filter {
    text: String,
    hits: Vec<ExchangeId>,
    /// How far the log was looked at.
    seen: usize,
    /// Exchanges that had no answer yet when they were looked at: the status may make them match.
    open: Vec<ExchangeId>,
}

impl Filter {
    /// Whether everything is shown.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Looks for something else.
    pub fn set(&mut self, text: &str) {
        if self.text != text {
            *self = Self { text: text.to_owned(), ..Self::default() };
        }
    }

    /// Takes notice of what is new in the log.
    pub fn refresh(&mut self, traffic: &Traffic) {
        if self.is_empty() {
            return;
        }
        let all = traffic.all();
        let mut late: Vec<_> = Vec::new();
        self.open.retain(|id| match traffic.get(*id).filter(|exchange| exchange.result.is_some()) {
            Some(exchange) => {
                if matches(exchange, &self.text) {
                    late.push(*id);
                }
                false
            }
            None => true,
        });
        for exchange in &all[self.seen.min(all.len())..] {
            if matches(exchange, &self.text) {
                self.hits.push(exchange.id);
            } else if exchange.result.is_none() {
                self.open.push(exchange.id);
            }
        }
        self.seen = all.len();
        for id in late {
            if let Err(at) = self.hits.binary_search(&id) {
                self.hits.insert(at, id);
            }
        }
    }

    /// How many exchanges are shown.
    pub fn count(&self, traffic: &Traffic) -> usize {
        if self.is_empty() { traffic.all().len() } else { self.hits.len() }
    }

    /// The exchange in this row.
    pub fn at<'a>(&self, traffic: &'a Traffic, row: usize) -> Option<&'a Exchange> {
        if self.is_empty() { traffic.all().get(row) } else { traffic.get(*self.hits.get(row)?) }
    }

    /// The row of this exchange, if it is shown.
    pub fn row_of(&self, id: ExchangeId) -> Option<usize> {
        if self.is_empty() { Some(id.index()) } else { self.hits.binary_search(&id).ok() }
    }
}

/// Whether the method, address, status or step holds every word of `text`, whatever its letter case.
fn matches(exchange: &Exchange, text: &str) -> bool {
    text.split_whitespace().all(|word| {
        let status = match &exchange.result {
            Some(Ok(response)) => response.status.to_string(),
            Some(Err(_)) => "failed".to_owned(),
            None => "waiting".to_owned(),
        };
        contains(exchange.request.url.as_str(), word)
            || contains(exchange.request.method.as_str(), word)
            || contains(&status, word)
            || exchange.step.is_some_and(|step| contains(step.name(), word))
            || exchange.note.as_ref().is_some_and(|note| contains(&note.code.to_string(), word))
    })
}

/// Whether `text` holds `word`, ASCII letters of either case alike; without copying, as logs grow long.
fn contains(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some(first) = word.first() else { return true };
    text.windows(word.len())
        .any(|window| window[0].eq_ignore_ascii_case(first) && window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        time::UnixTime,
        wire::{Body, Failure, Headers, Request, Response, Timing},
        workbench::{Channel, Owner},
    };

    fn sent(traffic: &mut Traffic, path: &str) -> ExchangeId {
        let url = format!("http://localhost:7080/{path}").parse().unwrap();
        traffic.send(Owner::Keys, None, Channel::Back, Request::get(url), UnixTime::default());
        traffic.all().last().unwrap().id
    }

    fn shown(filter: &Filter, traffic: &Traffic) -> Vec<u32> {
        (0..filter.count(traffic)).map(|row| filter.at(traffic, row).unwrap().id.0).collect()
    }

    #[test]
    fn every_word_must_be_somewhere() {
        let mut traffic = Traffic::default();
        sent(&mut traffic, "northwind/oauth2/v2.0/token");
        sent(&mut traffic, "northwind/discovery/v2.0/keys");
        let mut filter = Filter::default();
        filter.refresh(&traffic);
        assert_eq!(shown(&filter, &traffic), [1, 2]);
        filter.set("get TOKEN");
        filter.refresh(&traffic);
        assert_eq!(shown(&filter, &traffic), [1]);
        assert_eq!(filter.row_of(ExchangeId(2)), None);
    }

    #[test]
    fn an_answer_that_comes_later_can_make_an_exchange_match() {
        let mut traffic = Traffic::default();
        let (first, second) = (sent(&mut traffic, "a"), sent(&mut traffic, "b"));
        let mut filter = Filter::default();
        filter.set("400");
        filter.refresh(&traffic);
        assert_eq!(filter.count(&traffic), 0);
        let refused = Response { status: 400, headers: Headers::new(), body: Body::Empty };
        traffic.close(second, Ok(refused.clone()), Timing::default());
        filter.refresh(&traffic);
        traffic.close(first, Ok(refused), Timing::default());
        filter.refresh(&traffic);
        assert_eq!(shown(&filter, &traffic), [1, 2]);
        let third = sent(&mut traffic, "c");
        traffic.close(third, Err(Failure::Dns { host: "x".into() }), Timing::default());
        filter.refresh(&traffic);
        assert_eq!(shown(&filter, &traffic), [1, 2]);
    }
}
