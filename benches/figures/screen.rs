//! What a person waits for: the first frame, the frame after a key, the small commands.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use authwright::{
    provider::scenario::Scenario,
    runtime::clock,
    tui::{
        look::{Environment, Look},
        model::Model,
        msg::Msg,
        theme::Theme,
        update::update,
        view,
    },
    wire::{Body, Headers, Request, Response, Timing},
    workbench::{Channel, Owner, Workbench},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::CrosstermBackend};

use super::{common, row};

const SIZE: (u16, u16) = (120, 40);

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// From starting the process to the first frame with its footer, in a pty.
pub fn start_to_first_frame() {
    let folder = std::env::temp_dir();
    let samples = (0..60)
        .map(|_| {
            let started = Instant::now();
            let mut terminal = common::Terminal::start(&[], SIZE, &folder, &[]);
            terminal.wait_for("? help");
            let elapsed = milliseconds(started);
            terminal.press("q");
            terminal.wait_for_end();
            elapsed
        })
        .collect();
    row("start to first full frame (120x40, pty)", samples);
}

/// From writing a key to the end of the frame that answers it, in a pty.
pub fn key_to_repaint() {
    let mut terminal = common::Terminal::start(&[], SIZE, &std::env::temp_dir(), &[]);
    terminal.wait_for("localhost:");
    let samples = (0..300)
        .map(|index| {
            let frames = terminal.frames();
            let started = Instant::now();
            terminal.press(if index % 2 == 0 { "j" } else { "k" });
            terminal.wait_for_frame(frames);
            milliseconds(started)
        })
        .collect();
    row("key to repaint (pty, both ways)", samples);
    report_memory(terminal.process_id());
    terminal.press("q");
    terminal.wait_for_end();
}

fn report_memory(process: u32) {
    let Ok(status) = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"))
    else {
        return;
    };
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    println!("{:<58} {:>12}", "resident memory with the lab tenant running", resident.trim());
}

/// The same work in process, with one exchange in the log and with 100 000: update, view, difference, encoding.
pub fn key_to_repaint_with_a_full_log() {
    for count in [1, 100_000] {
        let mut model = model_with(count);
        let area = ratatui::layout::Rect::new(0, 0, SIZE.0, SIZE.1);
        let viewport = ratatui::Viewport::Fixed(area);
        let sink = std::io::BufWriter::with_capacity(1 << 16, std::io::sink());
        let mut terminal =
            Terminal::with_options(CrosstermBackend::new(sink), ratatui::TerminalOptions { viewport })
                .expect("a sink can be drawn to");
        let key = |code| Msg::Key(KeyEvent::new(code, KeyModifiers::NONE));
        let mut press = |code| {
            let started = Instant::now();
            update(&mut model, key(code), clock::now());
            terminal
                .draw(|frame| view::view(&mut model, frame, clock::now()))
                .expect("a sink can be drawn to");
            milliseconds(started)
        };
        press(KeyCode::Char('5'));
        let samples =
            (0..400).map(|index| press(if index % 2 == 0 { KeyCode::Up } else { KeyCode::Down })).collect();
        row(&format!("key to repaint, Traffic, {count} exchanges (in process)"), samples);
        if count > 1 {
            press(KeyCode::Char('/'));
            let samples = "northwind-9".chars().map(|letter| press(KeyCode::Char(letter))).collect();
            row("  a letter typed into its filter", samples);
        }
    }
}

fn model_with(count: u32) -> Model {
    let mut bench = Workbench::new(None, Scenario::northwind());
    let now = clock::now();
    for index in 0..count {
        let url =
            format!("http://localhost:7080/northwind-{index}/oauth2/v2.0/token").parse().expect("an address");
        bench.traffic.send(Owner::Keys, None, Channel::Back, Request::get(url), now);
        let id = bench.traffic.all().last().expect("just sent").id;
        let headers = Headers::new().with("content-type", "application/json; charset=utf-8");
        let body =
            Body::from(format!("{{\"token_type\":\"Bearer\",\"expires_in\":3599,\"number\":{index}}}"));
        bench.traffic.close(id, Ok(Response { status: 200, headers, body }), Timing::default());
    }
    let environment = Environment { term: Some("xterm-256color".into()), ..Environment::default() };
    let theme = Theme::load(Theme::DEFAULT, None).expect("the built-in theme is sound");
    Model::new(bench, Look::new(&theme, &environment), None)
}

/// The small commands, from starting the process to its end.
pub fn commands() {
    for arguments in
        [["explain", "50011"], ["decode", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."], ["tenant", "show"]]
    {
        let samples = (0..60)
            .map(|_| {
                let started = Instant::now();
                let status = Command::new(env!("CARGO_BIN_EXE_authwright"))
                    .args(arguments)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status()
                    .expect("the program starts");
                assert!(status.success());
                milliseconds(started)
            })
            .collect();
        row(&format!("authwright {} …, as a command", arguments[0]), samples);
    }
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_authwright")).map_or(0, |file| file.len());
    println!("{:<58} {:>9.1} MB", "size of this binary", Duration::from_micros(size).as_secs_f64());
}
