//! Pictures of every page in every state, for the documents and for the eyes of whoever changes a page.
//!
//! Run by `cargo xtask screenshots`, which says where they go.

use std::path::PathBuf;

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::harness::World;
use crate::page_scenes::scenes;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn every_page_has_its_picture_taken() {
    #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
    let folder = std::env::var("TWINLOCK_PICTURES").expect("TWINLOCK_PICTURES says where the pictures go");
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let chromium = Chromium::start().expect("there is nothing to take pictures with");
    for (suffix, view) in [
        ("", View::PHONE),
        ("-dark", View { dark: true, ..View::PHONE }),
        ("-ar", View { language: "ar", ..View::PHONE }),
        ("-ar-dark", View { language: "ar", dark: true, ..View::PHONE }),
        ("-forced", View { forced: true, ..View::PHONE }),
        ("-narrow", View { width: 320, ..View::PHONE }),
        ("-desktop", View::DESKTOP),
    ] {
        let world = World::start(Database::Sqlite).await;
        let take = |tab: &Tab, name: &str| {
            std::fs::write(folder.join(format!("{name}{suffix}.png")), tab.picture()).unwrap();
        };
        scenes(&world, &chromium, view, take).await;
    }
}
