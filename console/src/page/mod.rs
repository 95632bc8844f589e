//! The screens, one file or folder each.

pub(crate) mod audience;
pub(crate) mod campaign;
pub(crate) mod funnel;
pub(crate) mod home;
mod kept;
pub(crate) mod live;
pub(crate) mod offer;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod sites;
pub(crate) mod tag;

use crate::dom::{View, view};
use crate::i18n::m;
use crate::session::t;
use crate::ui::part::empty;

/// An address that leads nowhere.
pub(crate) fn lost() -> View {
    let home = view! { <a class="button primary" href="/console/">{t(m::GO_HOME)}</a> };
    view! { <div class="card"><h1 class="sr">{t(m::LOST)}</h1>{empty("eye", m::LOST, m::LOST_NEXT, home)}</div> }
}
