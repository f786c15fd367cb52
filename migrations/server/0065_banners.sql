-- What we say to everybody whose address lies in these areas, until an instant of the business clock. `ended_at`: a person
-- of ours took it back before.
create table banner (
  id text not null constraint banner_pk primary key,
  body text not null,
  until_at bigint not null,
  set_at bigint not null,
  ended_at bigint,
  ver bigint not null
);
create index banner_running on banner (until_at) where ended_at is null;

create table banner_area (
  banner text not null constraint banner_area_banner references banner (id),
  area text not null constraint banner_area_area references area (id),
  constraint banner_area_pk primary key (banner, area)
);
