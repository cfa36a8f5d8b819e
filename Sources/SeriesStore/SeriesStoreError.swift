import GRDB
import Glibc

/// Why the store can't be opened, written or read; the texts end with the remedy.
package enum SeriesStoreError: Error, Hashable, Sendable {
    /// The path is not a directory that this user owns and only this user can write, or a file in it is not.
    case notOwn(path: String, reason: String)
    /// Another agent, or another program, works on it.
    case inUse(path: String)
    /// It was written by a later version.
    case newer(path: String)
    /// It was written by an earlier version, with other tables.
    case outdated(path: String, version: Int)
    case full(path: String)
    /// This user may not make or open it.
    case notPermitted(path: String)
    /// Its content is not what SQLite, or this store, has written.
    case damaged(path: String, reason: String)
    /// The file is no longer where it was opened.
    case removed(path: String)
    /// Another failure, such as of the disk.
    case failed(path: String, reason: String)

    init(_ error: any Error, path: String) {
        if error is RowDecodingError {
            self = .damaged(path: path, reason: "a value of another type")
            return
        }
        guard let error = error as? DatabaseError else {
            self = error as? SeriesStoreError ?? .failed(path: path, reason: "\(error)")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(path: path)
        // The store's own rows satisfy its constraints, so that a violation means damage.
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CONSTRAINT:
            self = .damaged(path: path, reason: error.message ?? "not a database")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .inUse(path: path)
        default: self = .failed(path: path, reason: error.message ?? "SQLite error \(error.resultCode.rawValue)")
        }
    }
}

extension SeriesStoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notOwn(let path, let reason):
            "\(path): \(reason); name a directory of the agent's own (--state-directory), or correct its owner and mode"
        case .inUse(let path): "\(path): another agent or program uses it; stop that one, or name another directory"
        case .newer(let path):
            "\(path): written by a later version of sonde; use that version, or move the file away to start with an empty one"
        case .outdated(let path, let version):
            "\(path): written by an earlier version of sonde (schema \(version)); it is moved aside when it is opened next"
        case .full(let path): "\(path): the disk is full; make room"
        case .notPermitted(let path):
            "\(path): Permission denied for user \(geteuid()); make it for that user, or restart the agent as root, which makes "
                + "its state directory before it gives up root's privileges"
        case .damaged(let path, let reason):
            "\(path): damaged (\(reason)); it is repaired or moved aside when it is opened next"
        case .removed(let path): "\(path): removed or replaced while it was in use"
        case .failed(let path, let reason): "\(path): \(reason); check the disk and the permissions"
        }
    }
}
