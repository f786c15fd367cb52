//! The one-time link of a mail: it signs a customer in, or lets them choose a password in place of a forgotten one.
//! Looking at it changes nothing, because mail scanners follow links; a button behind it says that somebody is there.

use super::codes::{self, Linked};
use super::password::{Password, PasswordHash};
use super::sign_in::{self, LONG_MINUTES, SignedIn};
use super::store::{self, TokenKind};
use super::token::{Token, TokenHash};
use super::{Role, change};
use crate::db::{Error, Tx};
use crate::http::{Answer, Site};
use std::net::IpAddr;

/// Whose link it is and what for; `None` if it opens nothing.
pub async fn look(site: &Site, link: &str) -> Answer<Option<Linked>> {
    let (link, now) = (TokenHash::of(link), site.real_now());
    Ok(site.db.read(async move |conn| codes::linked(conn, &link, now).await).await?)
}

/// Counts an attempt to open a link, as attempts with a code are counted: by what was sent and by address.
pub fn count(site: &Site, link: &str, address: IpAddr) -> Answer<()> {
    site.sign_ins.count(TokenHash::of(link).as_str(), address)
}

/// Signs in whoever has the link, once; `None` if it opens nothing any more.
pub async fn enter(site: &Site, link: &str) -> Answer<Option<SignedIn>> {
    redeem(site, TokenHash::of(link), None).await
}

/// Sets the password of whoever has the link, once: their other sessions end, and they are signed in.
pub async fn reset(site: &Site, link: &str, new: &Password) -> Answer<Option<SignedIn>> {
    let new = change::hash(site, new).await?;
    redeem(site, TokenHash::of(link), Some(new)).await
}

/// All in one transaction: a link is not lost without a session to show for it.
async fn redeem(site: &Site, link: TokenHash, new: Option<PasswordHash>) -> Answer<Option<SignedIn>> {
    let token = Token::new(&*site.chance);
    let (session, now, real_now) = (token.hash(), site.now(), site.real_now());
    let expires_at = real_now.plus_minutes(LONG_MINUTES);
    let opened = async move |tx: &mut Tx| {
        let Some(linked) = codes::redeem_link(tx, &link, real_now).await? else { return Ok::<_, Error>(None) };
        if let Some(new) = &new {
            store::set_password(tx, linked.login, new).await?;
            change::note(tx, linked.person, "a link", now).await?;
            store::end_sessions(tx, linked.login).await?;
        }
        store::add_token(tx, linked.login, &session, TokenKind::Session, Some(expires_at)).await?;
        Ok(Some(linked))
    };
    let opened = site.db.write(sign_in::lane(Role::Customer), opened).await?;
    Ok(opened.map(|Linked { login, person, name, wish: _ }| SignedIn {
        token,
        login,
        person,
        name,
        minutes: LONG_MINUTES,
    }))
}
