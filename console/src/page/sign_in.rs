//! Sign-in.

use crate::api::{self, Failure};
use crate::app::tools;
use crate::i18n::m;
use crate::session::{app, t};
use crate::ui::dy;
use crate::ui::form::{Look, bind, text_field};
use crate::ui::icon::{icon, mark};
use crate::ui::load;
use attune_schema::api::{Session, SignIn};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The page.
pub(crate) fn view() -> AnyView {
    let user = RwSignal::new("admin".to_owned());
    let password = RwSignal::new(String::new());
    let failure = RwSignal::new(None::<Failure>);
    let wrong = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let sign_in = move || {
        let credentials = SignIn { user: user.get_untracked(), password: password.get_untracked() };
        busy.set(true);
        wrong.set(false);
        failure.set(None);
        spawn_local(async move {
            let answer = api::post::<Session>("/api/sign-in".to_owned(), &credentials).await;
            busy.set(false);
            match answer {
                Ok(_) => app().refresh().await,
                Err(Failure::SignedOut) => wrong.set(true),
                Err(other) => failure.set(Some(other)),
            }
        });
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        sign_in();
    };
    view! {
        <main class="gate">
            <form class="card gate-card" on:submit=submit>
                <p class="brand">{mark()}"Attune"</p>
                <h1>{t(m::SIGN_IN_TITLE)}</h1>
                {text_field(m::USER, bind(user, String::clone, |s, v| *s = v), Look { fill: "username", ..Look::default() })}
                {text_field(m::PASSWORD, bind(password, String::clone, |s, v| *s = v), Look { kind: "password", fill: "current-password", ..Look::default() })}
                {dy(move || wrong.get().then(|| view! { <div class="notice bad" role="alert">{icon("alert")}<div>{t(m::SIGN_IN_WRONG)}</div></div> }))}
                {load::failure(failure, sign_in)}
                <button class="button primary" disabled=move || busy.get()>{t(m::SIGN_IN)}</button>
                {tools()}
            </form>
        </main>
    }
    .into_any()
}
