/// The mark that the kernel appends to the path of a file that has no name any more (d_path()).
enum DeletedSuffix {
    static let text = " (deleted)"

    static func removed(from path: String) -> (text: String, isDeleted: Bool) {
        guard path.utf8.count > text.utf8.count, path.hasSuffix(text) else { return (path, false) }
        return (String(path.dropLast(text.count)), true)
    }
}
