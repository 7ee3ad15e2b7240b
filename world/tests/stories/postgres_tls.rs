//! PostgreSQL over an encrypted connection, against a real server with a certificate.
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use openline::boot;
use openline::config::Config;
use openline::store::Value;
use world::postgres::Cluster;

/// A certificate for this machine and its key, both PEM.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("it can be made");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn config(folder: &Path, database: String, authority: Option<&str>) -> Config {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut config = Config::for_folder(folder.join("data"), listen, "http://127.0.0.1".to_owned());
    config.database = database;
    config.database_ca_file = authority.map(|pem| {
        let path = folder.join("authority.pem");
        std::fs::write(&path, pem).expect("it can be written");
        path
    });
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_is_encrypted_and_only_to_a_server_that_is_trusted() {
    let (ours, key) = certificate();
    let (other, _) = certificate();
    let cluster = Cluster::start_encrypted(&ours, &key).await.expect("PostgreSQL starts");
    let encrypted = format!("{}?sslmode=require", cluster.url());
    let folder = tempfile::tempdir().expect("a folder can be made");

    for (authority, said) in [
        (None, "certificate"),
        (Some(other.as_str()), "certificate"),
        (Some("no certificate\n"), "holds no certificate"),
    ] {
        let refused = boot::open(config(folder.path(), encrypted.clone(), authority)).await;
        let error = format!("{:#}", refused.err().expect("a stranger is not trusted"));
        assert!(error.contains(said), "{error}");
    }

    let (app, _) = boot::open(config(folder.path(), encrypted, Some(&ours))).await.expect("it is trusted");
    let ssl = openline::sql!("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    let read = app.store.read(move |tx| tx.one(ssl, &[] as &[Value])?.get::<bool>(0)).await;
    assert!(read.expect("the store answers"));
}
