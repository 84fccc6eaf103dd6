//! `assay hub`. Its settings are those of the hub's own table; only what is not a setting stands here.

use assay_hub::{Fallback, Kind, Layer, SETTINGS, Setting, Source};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// Run the reference hub
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay hub --jwt-key @key --anonymous          on http://127.0.0.1:3000/.well-known/mercure
  assay hub --jwt-key @key --dialects 1.0,0.x   speaks to old clients too
  assay hub --publisher-jwt-key @pub.pem --publisher-jwt-algorithm ES256 --anonymous
  assay hub --config hub.toml --print-config    what would be used, and from where
Behind a proxy that speaks TLS, with the URL that clients use:
  assay hub --jwt-key @key --resource-identifier https://example.com/.well-known/mercure

The first line on stdout is the hub's URL, once it accepts; the log goes to stderr. SIGINT and
SIGTERM end it; SIGHUP reads keys, origins and certificate again, and cuts no stream.
Each setting can be written in the environment (--jwt-key is ASSAY_HUB_JWT_KEY) and in a file
(jwt_key): what is typed counts before the environment, and that before the file.
The settings of the Mercure.rocks hub are understood too; docs/hub.md has all of it.")]
pub(crate) struct HubArgs {
    /// Settings from a TOML file
    #[arg(long, value_name = "FILE", env = "ASSAY_HUB_CONFIG", hide_env = true)]
    pub(crate) config: Option<String>,
    /// Print the configuration as such a file, with where each setting comes from, and end
    #[arg(long)]
    pub(crate) print_config: bool,
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    /// End when standard input closes: for a parent that must not leave a hub behind
    #[arg(long, hide = true)]
    pub(crate) exit_with_parent: bool,
}

/// The settings of the hub that were typed: a flag for each row of [`SETTINGS`].
#[derive(Debug)]
pub(crate) struct SettingFlags(pub(crate) Layer);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().map(flag).fold(command, Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self(Layer::default());
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in SETTINGS {
            for value in matches
                .get_many::<String>(setting.name)
                .into_iter()
                .flatten()
            {
                self.0.push(setting, Source::Flag, value);
            }
        }
        Ok(())
    }
}

fn flag(setting: &Setting) -> Arg {
    let default = match setting.default {
        Fallback::Value(default) | Fallback::Words(default) => format!(" [default: {default}]"),
        Fallback::None => String::new(),
    };
    let arg = Arg::new(setting.name)
        .long(setting.name)
        .help(format!("{}{default}", setting.doc))
        .help_heading(setting.group.heading())
        .value_name(setting.kind.value_name());
    match setting.kind {
        // So that what the environment or a file switches on can be switched off again: `--anonymous=false`.
        Kind::Switch => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .hide_default_value(true),
        Kind::List(_) => arg.action(ArgAction::Append),
        // PEM begins with dashes.
        Kind::Secret => arg.allow_hyphen_values(true),
        Kind::Text(_) | Kind::File | Kind::Document(_) | Kind::Number | Kind::Duration => arg,
    }
}
