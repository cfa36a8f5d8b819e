import Profiles

/// What a profile that is read may take: a hostile file gets an error and not the memory of the machine.
package struct ProfileLimits: Sendable {
    /// The bytes of a file, before compression.
    package var bytes: Int
    /// The rows of all tables of the profile, of some 200 bytes each at most.
    package var rows: Int
    /// The frames of a stack.
    package var depth: Int
    /// The frames of the stacks of all samples together.
    package var frames: Int

    package init(
        bytes: Int = 512 << 20, rows: Int = 10_000_000, depth: Int = 100_000, frames: Int = 1_000_000_000
    ) {
        self.bytes = bytes
        self.rows = rows
        self.depth = depth
        self.frames = frames
    }

    /// - Parameter others: rows that the profile doesn't have yet.
    func check(
        _ size: ProfileBuilder.Size, and others: Int = 0, in format: ProfileFormat,
        at position: ProfileReadingError.Position
    ) throws(ProfileReadingError) {
        try check(rows: size.rows + others, in: format, at: position)
        guard size.frames > frames else { return }
        throw ProfileReadingError(.tooLarge(limit: "\(frames) frames in all stacks"), in: format, at: position)
    }

    func check(
        depth count: Int, in format: ProfileFormat, at position: ProfileReadingError.Position
    ) throws(ProfileReadingError) {
        guard count > depth else { return }
        throw ProfileReadingError(.tooLarge(limit: "\(depth) frames in a stack"), in: format, at: position)
    }

    func check(
        rows count: Int, in format: ProfileFormat, at position: ProfileReadingError.Position
    ) throws(ProfileReadingError) {
        guard count > rows else { return }
        throw ProfileReadingError(
            .tooLarge(limit: "\(rows) names, locations and stacks"), in: format, at: position)
    }
}
