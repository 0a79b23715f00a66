//! The Tokens screen: real tokens of the lab tenant and pasted ones, with the keys that a person has.

mod sitting;

use authwright::{flow::FlowKind, tui::model::ScreenId};
use sitting::Sitting;

#[test]
fn pictures() {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Tokens);
    assert_pictures!(sitting, "tokens_empty");
    sitting.run(FlowKind::AuthorizationCode, "desktop", |_| {});
    assert_pictures!(sitting, "tokens_id");
    sitting.press("Tab Tab Down");
    assert_pictures!(sitting, "tokens_access");
}
