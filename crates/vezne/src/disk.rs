//! How much room there is on the disk that the desk writes to.

use std::path::Path;

use vezne_web::DiskRoom;

/// How much room the disk has that a directory is on.
///
/// # Errors
/// The system's, when there is no such directory.
pub(crate) fn room(directory: &Path) -> std::io::Result<DiskRoom> {
    let found = rustix::fs::statvfs(directory)?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Ok(DiskRoom { free: bytes(found.f_bavail), size: bytes(found.f_blocks) })
}

/// What a person should know of it; nothing while there is room.
pub(crate) fn complaint(directory: &Path, room: DiskRoom) -> Option<String> {
    let DiskRoom { free, size } = room;
    let mebibytes = |bytes: u64| bytes >> 20;
    let how = if room.is_full() { "full" } else { "nearly full" };
    room.is_nearly_full().then(|| {
        format!(
            "the disk of {} is {how}: {} MiB of {} are free",
            directory.display(),
            mebibytes(free),
            mebibytes(size)
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use vezne_web::DiskRoom;

    use super::{complaint, room};

    #[test]
    fn a_disk_is_told_of_when_room_is_short() {
        const MIB: u64 = 1 << 20;
        for (free, size, expected) in [
            (50_000 * MIB, 1_000_000 * MIB, None),
            (9_000 * MIB, 80_000 * MIB, None),
            (9_000 * MIB, 100_000 * MIB, Some("nearly full: 9000 MiB of 100000 are free")),
            (64 * MIB, 100 * MIB, None),
            (63 * MIB, 100 * MIB, Some("full: 63 MiB of 100 are free")),
            (0, 100_000 * MIB, Some("full: 0 MiB of 100000 are free")),
        ] {
            let found = complaint(Path::new("/data"), DiskRoom { free, size });
            let expected = expected.map(|words| format!("the disk of /data is {words}"));
            assert_eq!(found, expected);
        }
        let here = room(Path::new(".")).expect("there is a disk");
        assert!(here.size > 0 && here.free <= here.size, "{here:?}");
        assert!(room(Path::new("/no/such/directory")).is_err());
    }
}
