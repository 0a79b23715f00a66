//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (reference §4.10, §5.3): a device asks whether its person is
//! done yet.

use std::time::Duration;

use super::{
    Answered, Request, client,
    issue::{Established, issue},
};
use crate::provider::{
    Provider,
    claims::Claims,
    grants::{DEVICE_CODE_LIFE, Device, POLL_INTERVAL, Progress},
    refusal::{Refusal, Verdict, missing},
    reply::Reply,
};
use crate::time::span;

/// The number that goes with `slow_down`; Microsoft publishes none.
const SLOW_DOWN: u32 = 70016;

/// The number that goes with `authorization_declined`: that of the person's own refusal.
const DECLINED: u32 = 65004;

struct Poll<'a> {
    request: &'a Request<'a>,
    device: Option<Device>,
    /// Whether polls that come too fast are told so.
    slows_down: bool,
}

type Rule = fn(&Poll<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("device_code.present", |poll| {
        if sent_code(poll.request).is_some() { Ok(()) } else { Err(missing("device_code")) }
    }),
    ("credential.none_if_public", |poll| client::is_silent_if_public(poll.request, is_public(poll))),
    ("credential.present", |poll| client::has_credential(poll.request, is_public(poll))),
    ("credential.right", |poll| client::is_right_credential(poll.request)),
    ("device_code.known", is_known),
    ("device_code.client", belongs_to_client),
    ("device_code.tenant", belongs_to_tenant),
    ("device_code.unused", is_unused),
    ("device_code.unexpired", is_unexpired),
    ("device.not_declined", is_not_declined),
    ("poll.interval", keeps_interval),
    ("device.approved", is_approved),
];

pub fn answer(provider: &mut Provider, request: &Request<'_>) -> Answered {
    Answered { result: poll(provider, request), platform: None }
}

fn poll(provider: &mut Provider, request: &Request<'_>) -> Result<Reply, Box<Refusal>> {
    let now = request.call.now;
    let code = sent_code(request).unwrap_or_default();
    let device = provider.devices.get_mut(code, now).map(|device| {
        let before = device.clone();
        device.polled = Some(now);
        before
    });
    let poll = Poll { request, device, slows_down: provider.scenario.policy.slow_down };
    RULES.iter().try_for_each(|(name, rule)| {
        rule(&poll).map_err(|refusal| refusal.by(name).concerning(request.client(), None))
    })?;
    let device = poll.device.expect("the rule device_code.known was kept");
    let Progress::Approved(person, tenant) = device.progress else {
        unreachable!("the rule device.approved was kept")
    };
    let established = Established {
        tenant,
        person: *person,
        wanted: device.wanted,
        nonce: None,
        auth_time: false,
        claims: Claims::default(),
        platform: None,
        row_began: now,
    };
    let reply = issue(provider, request, &established)?;
    if let Some(device) = provider.devices.get_mut(code, now) {
        device.progress = Progress::Redeemed;
    }
    Ok(reply)
}

/// Some libraries send the device code as `code`, as version 1 did.
fn sent_code<'a>(request: &'a Request<'_>) -> Option<&'a str> {
    request.call.form.get("device_code").or_else(|| request.call.form.get("code"))
}

fn is_public(poll: &Poll<'_>) -> bool {
    poll.request.client().is_fallback_public_client
}

fn on_device(poll: &Poll<'_>, rule: impl Fn(&Device) -> Verdict) -> Verdict {
    poll.device.as_ref().map_or(Ok(()), rule)
}

fn is_known(poll: &Poll<'_>) -> Verdict {
    if poll.device.is_some() {
        return Ok(());
    }
    Err(Refusal::new(7_000_014, "invalid_grant", "The 'device_code' value could not be read.")
        .demands("the device code must be one that this tenant issued, unchanged")
        .compares_secret(
            "device_code",
            sent_code(poll.request).unwrap_or_default(),
            "a device code of this tenant",
        ))
}

fn belongs_to_client(poll: &Poll<'_>) -> Verdict {
    on_device(poll, |device| {
        let client = poll.request.client();
        if device.client.app_id == client.app_id {
            return Ok(());
        }
        Err(Refusal::new(
            70000,
            "invalid_grant",
            "The grant (refresh token, code or assertion) is not valid.",
        )
        .demands("a device code is polled with by the application that it was issued to")
        .compares("client_id", &client.app_id, [device.client.app_id.clone()]))
    })
}

/// Whoever asked at one address may poll there, or at the person's own as soon as somebody has signed in.
fn belongs_to_tenant(poll: &Poll<'_>) -> Verdict {
    on_device(poll, |device| {
        let segment = &poll.request.segment;
        let fits = match &device.progress {
            Progress::Approved(_, tenant) => segment.suits(&device.segment, tenant),
            Progress::Waiting => segment.name() == device.segment.name(),
            // What else is wrong with it says more.
            Progress::Declined | Progress::Redeemed => true,
        };
        if fits {
            return Ok(());
        }
        Err(Refusal::new(7_000_012, "invalid_grant", "The grant was obtained for another tenant.")
            .demands("the tenant in the path of a poll must be that of the device authorization request")
            .compares("tenant", segment.name(), [device.segment.name()]))
    })
}

fn is_unused(poll: &Poll<'_>) -> Verdict {
    on_device(poll, |device| match device.progress {
        Progress::Redeemed => Err(Refusal::new(54005, "invalid_grant", "This device code was used before.")
            .demands("a device code gives tokens once")
            .compares("device_code", "(used before)", ["one that gave no tokens yet"])),
        Progress::Waiting | Progress::Declined | Progress::Approved(..) => Ok(()),
    })
}

fn is_unexpired(poll: &Poll<'_>) -> Verdict {
    on_device(poll, |device| {
        let age = poll.request.call.now.since(device.issued);
        if age < DEVICE_CODE_LIFE {
            return Ok(());
        }
        Err(Refusal::new(
            70020,
            "expired_token",
            "The value of 'device_code' is not valid any more; it has expired.",
        )
        .demands("the person must be done within 15 minutes")
        .compares("age", span(age), ["less than 15 minutes"]))
    })
}

fn is_not_declined(poll: &Poll<'_>) -> Verdict {
    on_device(poll, |device| match device.progress {
        Progress::Declined => Err(Refusal::new(
            DECLINED,
            "authorization_declined",
            "The user declined the sign-in on the other device.",
        )
        .demands("the person must accept")
        .compares("the person's answer", "declined", ["accepted"])),
        Progress::Waiting | Progress::Redeemed | Progress::Approved(..) => Ok(()),
    })
}

fn keeps_interval(poll: &Poll<'_>) -> Verdict {
    on_device(poll, |device| {
        let pause = device.polled.map(|polled| poll.request.call.now.since(polled));
        let Some(pause) =
            pause.filter(|pause| poll.slows_down && *pause < Duration::from_secs(POLL_INTERVAL))
        else {
            return Ok(());
        };
        Err(Refusal::new(SLOW_DOWN, "slow_down", "Polls come too fast; add five seconds to the interval.")
            .demands("between two polls lies the interval (RFC 8628 §3.5)")
            .compares("pause", span(pause), [format!("{POLL_INTERVAL} s")]))
    })
}

fn is_approved(poll: &Poll<'_>) -> Verdict {
    on_device(poll, |device| match device.progress {
        Progress::Approved(..) => Ok(()),
        Progress::Waiting | Progress::Declined | Progress::Redeemed => {
            let text = "The user has not finished yet; keep polling.";
            Err(Refusal::new(70016, "authorization_pending", text)
                .demands("the person must finish on the other device")
                .compares("the person's answer", "(none yet)", ["accepted"]))
        }
    })
}
