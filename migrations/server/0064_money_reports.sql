-- A telling of the provider names a payment; reports ask for what was paid, given back and due in a time.
create index charge_intent on charge (intent) where intent is not null;
create index charge_paid on charge (ended_at) where state = 'paid';
create index charge_due on charge (due_at) where period > 0;
create index refund_done on refund (ended_at) where state = 'done';
