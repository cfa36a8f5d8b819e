package import ProfileModel

extension OtherAllocator {
    /// What a process without a heap of glibc's has instead, by the files that it has mapped.
    package static func inside(_ ranges: [MappedRange]) -> OtherAllocator? {
        let paths = ranges.compactMap { range -> String? in
            if case .file(let path, _) = range.content { path } else { nil }
        }
        let names = paths.compactMap { $0.split(separator: "/").last }
        if let named = libraries.first(where: { library in names.contains { $0.hasPrefix(library.prefix) } }) {
            return named.allocator
        }
        if paths.contains(where: { $0.contains("-linux-musl/") }) { return .musl }
        let anonymous = ranges.compactMap { range -> String? in
            if case .named(let name) = range.content { name } else { nil }
        }
        return anonymous.contains { $0.hasPrefix("[anon: Go") || $0.hasPrefix("[anon:Go") } ? .go : nil
    }

    private static let libraries: [(prefix: String, allocator: OtherAllocator)] = [
        ("libjemalloc", .jemalloc), ("libtcmalloc", .tcmalloc), ("libmimalloc", .mimalloc), ("ld-musl-", .musl),
        ("libc.musl-", .musl), ("libasan", .sanitizer), ("libclang_rt.asan", .sanitizer),
    ]
}
