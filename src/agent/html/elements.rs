//! What the reader has to know about HTML's elements.

use html5gum::State;

/// How the tokenizer has to read what follows a start tag, where that is not ordinary markup.
pub(super) fn content_of(tag: &[u8]) -> Option<State> {
    Some(match tag {
        b"script" => State::ScriptData,
        b"style" | b"xmp" | b"iframe" | b"noembed" | b"noframes" => State::RawText,
        b"textarea" | b"title" => State::RcData,
        b"plaintext" => State::PlainText,
        _ => return None,
    })
}

/// Elements whose content is no part of the page.
pub(super) fn is_skipped(tag: &[u8]) -> bool {
    matches!(tag, b"template" | b"svg" | b"datalist" | b"style" | b"iframe" | b"noembed" | b"noframes")
}

/// What may stand in a head; anything else ends it.
pub(super) fn is_of_head(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"title" | b"meta" | b"link" | b"base" | b"style" | b"script" | b"noscript" | b"template" | b"html"
    )
}

/// Elements that begin on a new line.
pub(super) fn breaks_line(tag: &[u8]) -> bool {
    const BLOCKS: &[&[u8]] = &[
        b"address",
        b"article",
        b"aside",
        b"blockquote",
        b"body",
        b"br",
        b"caption",
        b"center",
        b"dd",
        b"details",
        b"dialog",
        b"div",
        b"dl",
        b"dt",
        b"fieldset",
        b"figcaption",
        b"figure",
        b"footer",
        b"form",
        b"h1",
        b"h2",
        b"h3",
        b"h4",
        b"h5",
        b"h6",
        b"header",
        b"hr",
        b"legend",
        b"li",
        b"main",
        b"menu",
        b"nav",
        b"noscript",
        b"ol",
        b"p",
        b"pre",
        b"section",
        b"summary",
        b"table",
        b"tr",
        b"ul",
    ];
    BLOCKS.contains(&tag)
}

/// Elements that cannot stand in a heading: they end one that was left open.
pub(super) fn ends_heading(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"p" | b"form" | b"ul" | b"ol" | b"li" | b"table" | b"dl" | b"section" | b"main" | b"footer"
    )
}
