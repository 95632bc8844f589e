//! `attune user`.

use super::attach::{Attached, Client};
use super::{CommonArgs, output};
use crate::server::random_text;
use attune_schema::api::{NewUser, Rights, User};
use clap::{ArgAction, Args, Subcommand};
use reqwest::Method;

/// Options of `attune user`.
#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Args)]
struct PasswordArgs {
    /// Account name.
    name: String,
    /// Read the password from standard input; otherwise one is drawn and shown once.
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add an account.
    Add(PasswordArgs),
    /// Set the password of an account and end its sessions.
    Passwd(PasswordArgs),
    /// Say what an account may do.
    Rights {
        /// Account name.
        name: String,
        /// Whether it may see who people are: their ids, rows and events.
        #[arg(long, value_name = "YES|NO", action = ArgAction::Set, value_parser = yes_or_no)]
        people: bool,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// List all accounts.
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
}

/// Runs `attune user`.
///
/// # Errors
/// What the server says.
pub async fn run(args: UserArgs) -> anyhow::Result<()> {
    let common = match &args.command {
        UserCommand::Add(args) | UserCommand::Passwd(args) => args.common.clone(),
        UserCommand::List { common } | UserCommand::Rights { common, .. } => common.clone(),
    };
    let attached = Attached::open(&common).await?;
    let done = command(&attached.client, args.command).await;
    attached.close().await;
    done
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("`{text}` is neither yes nor no")),
    }
}

async fn command(client: &Client, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(args) => set(client, Method::POST, args).await,
        UserCommand::Passwd(args) => set(client, Method::PUT, args).await,
        UserCommand::Rights { name, people, .. } => {
            client.tell(Method::PUT, &format!("/api/users/{name}/rights"), &Rights { people }).await
        }
        UserCommand::List { common } => {
            let users: Vec<User> = client.get("/api/users").await?;
            if common.json {
                return output::json(&users);
            }
            let hidden = |user: &User| if user.people { "" } else { "  people hidden" };
            users.iter().try_for_each(|user| output::line(&format!("{}{}", user.name, hidden(user))))
        }
    }
}

async fn set(client: &Client, method: Method, args: PasswordArgs) -> anyhow::Result<()> {
    let password = if args.password_stdin {
        std::io::read_to_string(std::io::stdin())?.trim_end_matches(['\r', '\n']).to_owned()
    } else {
        random_text()[..20].to_owned()
    };
    let new = NewUser { name: args.name, password };
    client.tell(method, "/api/users", &new).await?;
    if !args.password_stdin {
        output::notice(&format!("password of `{}`: `{}` (shown once)", new.name, new.password));
    }
    if args.common.json {
        return output::json(&serde_json::json!({ "user": new.name }));
    }
    Ok(())
}
