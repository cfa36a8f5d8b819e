internal import Glibc
internal import ProfileModel
internal import Synchronization
internal import SystemSupport

/// elfutils' client of debuginfod servers, loaded when it is needed: debuginfod_find_debuginfo(3).
///
/// Belongs to one thread.
@safe final class DebuginfodLibrary {
    /// Asked while a file comes, once a second at least; whether to go on.
    ///
    /// Before a server has begun to send the file, the numbers mean nothing.
    typealias Progress = @Sendable (_ received: Int, _ total: Int, _ hasBegun: Bool) -> Bool

    enum Outcome {
        case found(DownloadedFile)
        case failed(errno: Int32)
    }

    struct LoadFailure: Error {
        let reason: String
    }

    static let name = "libdebuginfod.so.1"

    private typealias Begin = @convention(c) () -> OpaquePointer?
    private typealias Find =
        @convention(c) (
            OpaquePointer?, UnsafePointer<UInt8>?, CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        ) -> CInt
    private typealias ProgressFunction = @convention(c) (OpaquePointer?, CLong, CLong) -> CInt
    private typealias GetURL = @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
    private typealias SetProgress = @convention(c) (OpaquePointer?, ProgressFunction?) -> Void

    // Safe: both are valid until the process ends, and belong to its one thread.
    private let client: OpaquePointer
    private let findDebugInfo: Find

    /// The function that C calls has no context of its own.
    private static let progress = Mutex<Progress?>(nil)
    private static let url = unsafe Mutex<GetURL?>(nil)

    /// Loads the library, and begins a session of its client.
    init() throws(LoadFailure) {
        guard let library = unsafe dlopen(Self.name, RTLD_NOW) else { throw Self.failure() }
        guard let begin = unsafe dlsym(library, "debuginfod_begin"),
            let find = unsafe dlsym(library, "debuginfod_find_debuginfo"),
            let getURL = unsafe dlsym(library, "debuginfod_get_url"),
            let setProgress = unsafe dlsym(library, "debuginfod_set_progressfn")
        else { throw Self.failure() }
        // Safe: these are the functions' types by elfutils/debuginfod.h, which the library's version promises.
        guard let client = unsafe unsafeBitCast(begin, to: Begin.self)() else {
            throw LoadFailure(reason: "debuginfod_begin: \(errorText(errno))")
        }
        unsafe self.client = client
        unsafe findDebugInfo = unsafeBitCast(find, to: Find.self)
        unsafe Self.url.withLock { unsafe $0 = unsafeBitCast(getURL, to: GetURL.self) }
        unsafe unsafeBitCast(setProgress, to: SetProgress.self)(client) { client, received, total in
            // Safe: the client is the one that calls; whether there is a URL is all that is read.
            let hasBegun = unsafe DebuginfodLibrary.url.withLock(\.self)?(client) != nil
            let goesOn = DebuginfodLibrary.progress.withLock(\.self)?(received, total, hasBegun) ?? true
            return goesOn ? 0 : 1
        }
    }

    private static func failure() -> LoadFailure {
        // Safe: the text is copied before anything else is loaded.
        LoadFailure(reason: unsafe dlerror().map { unsafe String(cString: $0) } ?? "no reason is given")
    }

    /// Gets a file from the cache, or from a server of `DEBUGINFOD_URLS`.
    func debugFile(of id: BuildID, progress: @escaping Progress) -> Outcome {
        Self.progress.withLock { $0 = progress }
        defer { Self.progress.withLock { $0 = nil } }
        var path: UnsafeMutablePointer<CChar>?
        // Safe: the call reads the bytes that it is given the number of, and sets the path to a string of its own.
        let number = unsafe findDebugInfo(client, id.bytes, CInt(id.bytes.count), &path)
        defer { unsafe free(path) }
        guard number >= 0 else { return .failed(errno: -number) }
        // A file that has just come is open for writing, and must not be so for its receiver.
        let writable = OwnedDescriptor(owning: number)
        guard let path = unsafe path, let same = try? writable.status().inode else { return .failed(errno: EIO) }
        do {
            let file = try OwnedDescriptor(opening: unsafe String(cString: path), flags: O_RDONLY | O_NOFOLLOW)
            guard try file.status().inode == same else { return .failed(errno: ESTALE) }
            return .found(DownloadedFile(file))
        } catch {
            return .failed(errno: error.errno)
        }
    }
}
