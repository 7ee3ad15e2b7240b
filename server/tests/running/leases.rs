//! Processes that share the people: what one was sending is unknown once it is gone, and its own while it lives.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::support::World;
use openline::args;
use openline::inbound::leases::{LEASE_SECONDS, renew};
use openline::store::Ts;
use uuid::Uuid;

on_both_databases!(what_a_process_was_sending_is_unknown_once_it_is_gone);

const OTHER: Uuid = Uuid::from_u128(0xa);
/// A part of the people that this process will hold.
const PART: i64 = 3;

/// A message that a process is sending, whatever else it is.
async fn is_sending(world: &World, id: u128, owner: Uuid) {
    let (id, line, channel) = (Uuid::from_u128(id), world.line, world.whatsapp);
    let insert = openline::sql!(
        "INSERT INTO message (id, line_id, contact_id, channel_id, direction, origin, state, part, due_at, attempts, owner, \
         body, seal, day, keep, created_at) VALUES ($1, $2, $1, $3, 1, 0, 2, $4, 0, 0, $5, $6, 0, 0, {true}, 0)"
    );
    let args = args![id, line, channel, PART, Some(owner), vec![0_u8]].to_vec();
    world.app.store.write(move |tx| tx.run(insert, &args)).await.unwrap();
}

async fn state(world: &World, id: u128) -> i64 {
    let select = openline::sql!("SELECT state FROM message WHERE id = $1");
    let id = Uuid::from_u128(id);
    world.app.store.read(move |tx| tx.one(select, args![id])?.get(0)).await.unwrap()
}

/// The other process has last been seen so long ago.
async fn other_seen(world: &World, at: Ts) {
    let seen = openline::sql!(
        "INSERT INTO process (id, seen_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
    );
    world.app.store.write(move |tx| tx.run(seen, args![OTHER, at])).await.unwrap();
}

async fn what_a_process_was_sending_is_unknown_once_it_is_gone(world: World) {
    renew(&world.app).await.unwrap();
    assert!(world.app.leases.holds(PART, world.now()));
    let me = world.app.process;
    is_sending(&world, 1, OTHER).await;
    is_sending(&world, 2, me).await;
    // It lives: what it sends to people of a part that it does not hold is its own to settle.
    other_seen(&world, world.now().plus_seconds(-LEASE_SECONDS / 2)).await;
    renew(&world.app).await.unwrap();
    assert_eq!((state(&world, 1).await, state(&world, 2).await), (2, 2));
    // It has been gone for as long as a lease lasts. No part comes free by that, since it held none.
    other_seen(&world, world.now().plus_seconds(-LEASE_SECONDS)).await;
    renew(&world.app).await.unwrap();
    assert_eq!((state(&world, 1).await, state(&world, 2).await), (3, 2));
}
