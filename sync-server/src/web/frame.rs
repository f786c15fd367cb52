//! What every page has around it: who looks, where they are, what the frame links to.

use super::style;

/// Who looks at a page, as far as the frame cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Viewer {
    /// Nobody signed in.
    #[default]
    Nobody,
    /// A customer.
    Customer,
    /// An expert; experts work in the app.
    Expert,
    /// Call-centre staff.
    Agent,
    /// An admin.
    Admin,
}

impl Viewer {
    /// Whether there is somebody to sign out.
    pub fn is_signed_in(self) -> bool {
        self != Self::Nobody
    }
}

/// A link of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its address.
    pub to: &'static str,
    /// Its words.
    pub label: &'static str,
}

const fn link(to: &'static str, label: &'static str) -> Link {
    Link { to, label }
}

/// What concerns whoever looks, above the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Where.
    pub place: String,
    /// What.
    pub text: String,
    /// Until when, in words.
    pub until: String,
}

/// Around a page.
#[expect(clippy::struct_excessive_bools, reason = "each says whether one part of the frame is shown")]
#[derive(Clone, Debug)]
pub struct Frame {
    /// The page's language.
    pub language: &'static str,
    /// Who looks.
    pub viewer: Viewer,
    /// The page's own path, so that its link in the frame is marked.
    pub here: String,
    /// Nothing is really sent.
    pub is_demo: bool,
    /// Not for search engines.
    pub is_private: bool,
    /// For tables.
    pub is_wide: bool,
    /// The page shows what comes from the postal table, whose licence wants to be named.
    pub shows_postal_data: bool,
    /// What concerns whoever looks.
    pub news: Vec<News>,
}

impl Frame {
    /// A public page at this path.
    pub fn public(here: &str) -> Self {
        Self {
            language: "en",
            viewer: Viewer::Nobody,
            here: here.to_owned(),
            is_demo: false,
            is_private: false,
            is_wide: false,
            shows_postal_data: false,
            news: Vec::new(),
        }
    }

    /// A page that only some may see.
    pub fn private(here: &str) -> Self {
        Self { is_private: true, ..Self::public(here) }
    }

    /// Seen by this one.
    #[must_use]
    pub fn seen_by(self, viewer: Viewer) -> Self {
        Self { viewer, ..self }
    }

    /// In the demo.
    #[must_use]
    pub fn in_demo(self, is_demo: bool) -> Self {
        Self { is_demo, ..self }
    }

    /// With this above it.
    #[must_use]
    pub fn with_news(self, news: Vec<News>) -> Self {
        Self { news, ..self }
    }

    /// Wide enough for tables.
    #[must_use]
    pub fn wide(self) -> Self {
        Self { is_wide: true, ..self }
    }

    /// With the postal table's licence.
    #[must_use]
    pub fn with_postal_data(self) -> Self {
        Self { shows_postal_data: true, ..self }
    }

    /// The address of the style sheet.
    pub fn style(&self) -> &'static str {
        style::style_address()
    }

    /// The address of the script that keeps the desk's pages fresh.
    pub fn desk_script(&self) -> &'static str {
        style::script_address()
    }

    /// The address of the script that keeps a ticket's page fresh.
    pub fn live_script(&self) -> &'static str {
        style::live_address()
    }

    /// The address of the mark.
    pub fn mark(&self) -> &'static str {
        style::mark_address()
    }

    /// The address of the map's outline.
    pub fn map(&self) -> &'static str {
        style::map_address()
    }

    /// Who made the postal table.
    pub fn postal_notice(&self) -> &'static str {
        assets::POSTAL_NOTICE
    }

    /// What the frame links to, by role.
    pub fn links(&self) -> &'static [Link] {
        const NOBODY: &[Link] = &[
            link("/tickets/new", "Report a problem"),
            link("/track", "Follow a ticket"),
            link("/plans", "Plans"),
            link("/help", "Help"),
        ];
        const CUSTOMER: &[Link] = &[
            link("/tickets", "My tickets"),
            link("/tickets/new", "Report a problem"),
            link("/plan", "My plan"),
            link("/help", "Help"),
            link("/account", "My account"),
        ];
        const EXPERT: &[Link] = &[];
        const STAFF: &[Link] = &[
            link("/desk", "Callers"),
            link("/desk/inbox", "Inbox"),
            link("/desk/day", "Today"),
            link("/desk/tickets", "Tickets"),
            link("/desk/banners", "Banners"),
            link("/knowledge", "Knowledge"),
        ];
        const ADMIN: &[Link] = &[
            STAFF[0],
            STAFF[1],
            STAFF[2],
            STAFF[3],
            STAFF[4],
            STAFF[5],
            link("/admin", "Admin"),
            link("/desk/lost", "From phones"),
            link("/admin/reports", "Reports"),
            link("/admin/charges", "Charges"),
        ];
        match self.viewer {
            Viewer::Nobody => NOBODY,
            Viewer::Customer => CUSTOMER,
            Viewer::Expert => EXPERT,
            Viewer::Agent => STAFF,
            Viewer::Admin => ADMIN,
        }
    }
}
