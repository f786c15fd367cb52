//! The expert's app as a program. On a desktop it takes the server's address and a folder; a phone's package has both
//! built in.

#[cfg(any(target_os = "android", target_os = "ios"))]
fn main() {
    phone::main();
}

#[cfg(not(any(target_os = "android", target_os = "ios")))]
fn main() -> std::process::ExitCode {
    desktop::main()
}

#[cfg(any(target_os = "android", target_os = "ios"))]
mod phone {
    use dioxus::mobile::Config;
    use mobile::ui::{PhoneApp, page, prepare};

    pub(super) fn main() {
        prepare();
        // What is set follows from the phone's own folder, which is known only once the app runs.
        let config = Config::new().with_custom_index(page("lang=\"en\"")).with_disable_context_menu(true);
        dioxus::LaunchBuilder::mobile().with_cfg(config).launch(PhoneApp);
    }
}

#[cfg(not(any(target_os = "android", target_os = "ios")))]
mod desktop {
    use clap::Parser;
    use dioxus::mobile::tao::dpi::LogicalSize;
    use dioxus::mobile::{Config, WindowBuilder};
    use mobile::platform::{Desktop, Told};
    use mobile::ui::hooks::Parts;
    use mobile::ui::{App, page};
    use shared::place::Place;
    use std::path::PathBuf;
    use std::process::ExitCode;
    use std::sync::Arc;
    use tracing_subscriber::EnvFilter;

    /// The expert's app on a desktop.
    #[derive(Parser)]
    #[command(name = "expert-app", version)]
    struct Arguments {
        /// The server's address, like `https://squad.example.com`.
        #[arg(long, env = "SYSOPS_APP_SERVER", default_value = "http://localhost:8080")]
        server: String,
        /// Where the app keeps its data; a folder of its own.
        #[arg(long)]
        data: Option<PathBuf>,
        /// Where this machine stands, like 40.7484,-73.9857: a desktop has no receiver that knows.
        #[arg(long, env = "SYSOPS_APP_PLACE", value_parser = place, allow_hyphen_values = true)]
        place: Option<Place>,
        /// The window in points, like 390x844; without it, a phone's size with the desktop's frame.
        #[arg(long, env = "SYSOPS_APP_SIZE", value_parser = size)]
        size: Option<(u32, u32)>,
        /// A link to a ticket, opened at once: what a phone's system hands over when one is tapped.
        #[arg(long)]
        open: Option<String>,
        /// A pipe whose lines play what a phone would tell: `push`, `open LINK`, `back`, `resume`, `place LAT,LON`.
        #[arg(long, env = "SYSOPS_APP_PLAYS")]
        plays: Option<PathBuf>,
    }

    /// A phone's screen in points.
    const PHONE: (u32, u32) = (390, 844);

    fn size(text: &str) -> Result<(u32, u32), String> {
        let read = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
        read.filter(|(width, height)| (200..=4_000).contains(width) && (200..=4_000).contains(height))
            .ok_or_else(|| format!("{text} is no size: one looks like 390x844"))
    }

    fn place(text: &str) -> Result<Place, String> {
        let degrees =
            text.split_once(',').and_then(|(lat, lon)| Some((lat.trim().parse().ok()?, lon.trim().parse().ok()?)));
        let place = degrees.and_then(|(lat, lon)| Place::from_degrees(lat, lon).ok());
        place.ok_or_else(|| format!("{text} is no place: one looks like 40.7484,-73.9857"))
    }

    #[expect(clippy::print_stderr, reason = "why the app does not start is for whoever started it")]
    pub(super) fn main() -> ExitCode {
        let arguments = Arguments::parse();
        let filter = EnvFilter::try_from_env("SYSOPS_LOG").unwrap_or_else(|_| EnvFilter::new("warn,mobile=info"));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
        match start(arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("expert-app: {why}");
                ExitCode::FAILURE
            }
        }
    }

    fn start(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
        let folder = arguments.data.unwrap_or_else(Desktop::usual_folder);
        let platform = Desktop::new(&folder).map_err(|why| format!("{} cannot be used: {why}", folder.display()))?;
        let platform = Arc::new(arguments.place.into_iter().fold(platform, Desktop::standing_at));
        if let Some(pipe) = arguments.plays {
            platform.play_from(pipe);
        }
        if let Some(link) = arguments.open {
            platform.tells(Told::Opened(link));
        }
        // The network has threads of its own: what it does never holds a screen up.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let parts = Parts::new(&arguments.server, platform, runtime.handle().clone())?;
        let (width, height) = arguments.size.unwrap_or(PHONE);
        let window = WindowBuilder::new()
            .with_title("Sysops Squad")
            .with_always_on_top(false)
            .with_decorations(arguments.size.is_none())
            .with_inner_size(LogicalSize::new(width, height));
        let config = Config::new()
            .with_window(window)
            .with_menu(None)
            .with_custom_index(page(&parts.page_attributes()))
            .with_data_directory(folder.join("webview"))
            .with_disable_context_menu(true);
        dioxus::LaunchBuilder::mobile().with_cfg(config).with_context(parts).launch(App);
        drop(runtime);
        Ok(())
    }
}
