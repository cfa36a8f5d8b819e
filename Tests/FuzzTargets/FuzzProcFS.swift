import ProcFS
import ProfileModel

/// A file of the kernel's text, given to every parser: most refuse it at once.
func fuzzProcFS(_ bytes: [UInt8]) {
    for parse in parsers { parse(bytes) }
}

private let parsers: [@Sendable ([UInt8]) -> Void] = [
    { _ = try? Auxv(parsing: $0) },
    { _ = Cmdline(parsing: $0) },
    { _ = try? DiskStats(parsing: $0) },
    { _ = try? HostStat(parsing: $0) },
    { bytes in
        let symbols = KernelSymbols(parsing: bytes)
        for address in [0, 0xffff_ffff_8100_0000, .max] as [UInt64] {
            _ = symbols.function(at: Address(rawValue: address))
        }
    },
    { _ = try? LoadAverage(parsing: $0) },
    { _ = try? MemInfo(parsing: $0) },
    { _ = try? MemoryStatus(parsing: $0) },
    { _ = try? NetworkDevices(parsing: $0) },
    { _ = try? ProcCgroup(parsing: $0) },
    { _ = try? ProcIO(parsing: $0) },
    { _ = try? ProcLimits(parsing: $0) },
    { _ = try? ProcMaps(parsing: $0) },
    { _ = try? ProcStat(parsing: $0) },
    { _ = try? ProcStatus(parsing: $0) },
    { _ = try? Schedstat(parsing: $0) },
    { _ = try? Smaps(parsing: $0) },
    { _ = try? SmapsRollup(parsing: $0) },
    { _ = try? SocketMessages(parsing: $0) },
    { _ = try? Statm(parsing: $0) },
    { bytes in
        guard let table = try? TCPTable(parsing: bytes) else { return }
        // An address that was printed is read as the same one again.
        for socket in table.sockets {
            precondition(SocketEndpoint(parsing: "\(socket.remote)") == socket.remote)
        }
    },
    { _ = try? ThreadSched(parsing: $0) },
    { _ = try? ThreadSystemCall(parsing: $0) },
    { _ = SocketEndpoint(parsing: String(decoding: $0, as: UTF8.self)) },
]
