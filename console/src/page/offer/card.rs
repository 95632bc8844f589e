//! An offer as a visitor would read it, in the console's own clothes.

use crate::dom::{View, view};
use crate::i18n::m;
use crate::preview::content;
use crate::session::t;
use attune_schema::source::Offer;

/// The content of an offer in `locale`.
pub(crate) fn card(offer: &Offer, locale: &str) -> View {
    let Some(content) = content(offer, locale) else {
        return view! { <p class="muted">{t(m::NO_CONTENT)}</p> };
    };
    let part = |name: &str| content.get(name).filter(|text| !text.is_empty()).cloned();
    // Only pictures inside the document itself: the console loads nothing from other origins.
    let art = part("image").map(|source| {
        if source.starts_with("data:image/") {
            view! { <img class="art" src=source alt=part("alt").unwrap_or_default() /> }
        } else {
            view! { <p class="small muted mono break">{source}</p> }
        }
    });
    view! {
        <article class="offer-card" lang=locale.to_owned()>
            {part("badge").map(|text| view! { <div><span class="badge plain accent">{text}</span></div> })}
            <p class="title">{part("title").unwrap_or_else(|| offer.id.clone())}</p>
            {part("body").map(|text| view! { <p class="muted">{text}</p> })}
            {art}
            {part("cta").map(|text| view! { <span class="cta">{text}</span> })}
        </article>
    }
}
