internal import ProcFS

extension ProcFS {
    /// The number that the kernel made for this boot: `random/boot_id`, random(4).
    func bootID() throws(ProcFSError) -> String {
        let bytes = try bytes(of: "sys/kernel/random/boot_id", limit: 128)
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }
}
