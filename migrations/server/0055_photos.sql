-- Pictures by the SHA-256 of the bytes that were sent. What is kept is made anew from them (no place, no camera, no more
-- pixels than a screen shows): `object` and `small` name it in the store of files by the hash of what is kept.
create table blob (
  sha text not null constraint blob_pk primary key,
  object text not null,
  small text not null,
  n_bytes bigint not null,
  width bigint not null,
  height bigint not null,
  at bigint not null
);
create index blob_at on blob (at);
create index blob_object on blob (object);
create index blob_small on blob (small);

-- Pictures on their way: who sends them, how many bytes there will be, and how many have come. Real clock.
create table upload (
  sha text not null,
  who text not null,
  n_bytes bigint not null,
  n_received bigint not null,
  n_parts bigint not null,
  changed_at bigint not null,
  constraint upload_pk primary key (sha, who)
);
create index upload_changed on upload (changed_at);
create index upload_who on upload (who);

-- The photos of a ticket, append-only; the id is made once by its author. A photo may be known before its bytes have
-- come: a slow picture holds up nothing. Business clock.
create table photo (
  id text not null constraint photo_pk primary key,
  ticket text not null constraint photo_ticket references ticket (id),
  sha text not null,
  author text not null,
  author_name text not null,
  caption text,
  place text,
  late bigint not null,
  at bigint not null
);
create index photo_of_ticket on photo (ticket, at, id);
create index photo_sha on photo (sha);
