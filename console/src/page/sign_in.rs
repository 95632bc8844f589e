//! Sign-in.

use crate::api::{Failure, Request};
use crate::app::tools;
use crate::browser;
use crate::dom::{View, view};
use crate::i18n::m;
use crate::session::{app, t};
use crate::state::State;
use crate::ui::form::{Look, bind, text_field};
use crate::ui::icon::{icon, mark};
use crate::ui::load;
use attune_schema::api::{Session, SignIn};

/// The page.
pub(crate) fn view() -> View {
    let user = State::new("admin".to_owned());
    let password = State::new(String::new());
    let failure = State::new(None::<Failure>);
    let wrong = State::new(false);
    let busy = State::new(false);
    let sign_in = move || {
        let credentials = SignIn { user: user.get_untracked(), password: password.get_untracked() };
        busy.set(true);
        wrong.set(false);
        failure.set(None);
        browser::spawn(async move {
            let answer = Request::post("/api/sign-in", &credentials).answer::<Session>().await;
            busy.set(false);
            match answer {
                Ok(_) => app().refresh().await,
                Err(Failure::SignedOut) => wrong.set(true),
                Err(other) => failure.set(Some(other)),
            }
        });
    };
    let submit = move |event: web_sys::Event| {
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
                {move || wrong.get().then(|| view! { <div class="notice bad" role="alert">{icon("alert")}<div>{t(m::SIGN_IN_WRONG)}</div></div> })}
                {load::failure(failure, sign_in)}
                <button class="button primary" disabled=move || busy.get()>{t(m::SIGN_IN)}</button>
                {tools()}
            </form>
        </main>
    }
}
