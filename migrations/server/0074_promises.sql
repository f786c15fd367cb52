-- Whether somebody came as promised is measured against the first promise, which the customer, a hold or a visit that
-- could not fix it makes void.
drop index event_of_visits;
create index event_of_visits on event (at) where kind in
  ('accepted', 'declined', 'arrived', 'released', 'moved', 'late', 'rescheduled', 'held', 'cannot_fix');
