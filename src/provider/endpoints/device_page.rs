//! Where a person types the code of a device, on any other device (reference §5.3).

use super::next_page;
use crate::provider::{
    Provider,
    call::Call,
    grants::{DEVICE_CODE_LIFE, Device, Progress},
    pages,
    refusal::{Refusal, Verdict},
    reply::{Reply, reads},
    sessions::{Asked, Interaction, Purpose},
};

/// `devicelogin`, the short address that is read off a screen.
pub fn short_address(_: &mut Provider, call: &Call) -> Reply {
    Reply::elsewhere(call, "/common/oauth2/deviceauth")
}

struct Typed<'a> {
    code: &'a str,
    device: Option<&'a Device>,
    call: &'a Call,
}

type Rule = fn(&Typed<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("user_code.present", is_present),
    ("user_code.known", is_known),
    ("user_code.unexpired", is_unexpired),
    ("user_code.open", is_open),
];

/// `common/oauth2/deviceauth`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    if !super::is_post(call) {
        return if reads(call.method) {
            let prefilled = call.query.get("user_code").or_else(|| call.query.get("otc")).unwrap_or_default();
            Reply::page(call, pages::device_code(prefilled, None))
        } else {
            super::wrong_method(call, "GET, HEAD, POST")
        };
    }
    let typed = call.form.get("user_code").unwrap_or_default();
    let code: String = typed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let found = provider.devices.find(call.now, |device| device.user_code == code);
    let found = found.map(|(name, device)| (name.to_owned(), device.clone()));
    let typed_code = Typed { code: &code, device: found.as_ref().map(|(_, device)| device), call };
    if let Err(refusal) = judge(&typed_code) {
        return Reply::page_refusing(call, pages::device_code(typed, Some(&refusal)), refusal);
    }
    let (device_code, device) = found.expect("the rule user_code.known was kept");
    let purpose = Purpose::Device(device_code);
    let interaction =
        Interaction::new(purpose, device.segment, device.client, device.wanted, Asked::default());
    next_page::begin(provider, call, interaction)
}

/// Rule: the device still waits. Its page was open for a while, and somebody else may have had the code, too.
pub fn still_waits(provider: &Provider, call: &Call, device_code: &str) -> Verdict {
    let device = provider.devices.get(device_code, call.now);
    let code = device.map_or("(forgotten)", |device| device.user_code.as_str());
    judge(&Typed { code, device, call })
}

fn judge(typed: &Typed<'_>) -> Verdict {
    RULES.iter().try_for_each(|(name, rule)| rule(typed).map_err(|refusal| refusal.by(name)))
}

fn is_present(typed: &Typed<'_>) -> Verdict {
    if !typed.code.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(90119, "invalid_request", "The user code is empty.")
        .demands("the code on the device must be typed")
        .compares("user_code", "(nothing)", ["the nine characters on the device"]))
}

fn is_known(typed: &Typed<'_>) -> Verdict {
    if typed.device.is_some() {
        return Ok(());
    }
    Err(Refusal::new(70018, "invalid_request", "The user code is wrong.")
        .demands("the code must be one that a device shows at present")
        .compares("user_code", typed.code, ["the nine characters on the device"]))
}

fn is_unexpired(typed: &Typed<'_>) -> Verdict {
    if typed.device.is_none_or(|device| typed.call.now.since(device.issued) < DEVICE_CODE_LIFE) {
        return Ok(());
    }
    Err(Refusal::new(70019, "invalid_request", "The user code has expired.")
        .demands("a code is good for 15 minutes")
        .compares("user_code", typed.code, ["a code issued in the last 15 minutes"]))
}

fn is_open(typed: &Typed<'_>) -> Verdict {
    if typed.device.is_none_or(|device| device.progress == Progress::Waiting) {
        return Ok(());
    }
    Err(Refusal::new(90120, "invalid_request", "This request was already approved or declined.")
        .demands("a code is used once")
        .compares("user_code", "(used before)", ["one that waits for somebody"]))
}
