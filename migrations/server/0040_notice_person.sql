-- What a caller was told is read while they wait on the phone.
create index notice_person on notice (person, id);
