//! `smsc`: a message centre that speaks SMPP on a free port, for stories. It is told what to do on its input and ends
//! with it.

fn main() -> anyhow::Result<()> {
    world::smsc::serve(std::env::args())
}
