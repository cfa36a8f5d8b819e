internal import ProfileModel

/// Which samples of a profile are kept, and which frames of their stacks.
///
/// The parts are applied in the order in which they stand here; a part that is `nil` or empty keeps everything.
package struct ProfileFilter: Sendable {
    /// Whether a function's name is one of those that a user named.
    package typealias NameTest = @Sendable (String) -> Bool

    /// What is kept of the time, in nanoseconds since the recording's start.
    package var time: Range<UInt64>?
    /// The threads whose samples are kept.
    package var threads: (@Sendable (ProfiledThread) -> Bool)?
    /// Samples are kept when one of their functions is among these.
    package var focus: NameTest?
    /// Samples are dropped when one of their functions is among these.
    package var ignore: NameTest?
    /// Frames of these functions are taken out of the stacks.
    package var hide: NameTest?
    /// Stacks begin at the outermost of these functions; samples without one are dropped.
    package var trim: NameTest?
    /// Whether consecutive frames of Python's import system, with what they call in between, are one frame `[importlib]`.
    package var foldsImports = false
    /// Whether frames of Python functions alone are kept; a stack without any is one frame `[native]`.
    package var keepsPythonOnly = false
    /// Whether frames of one function at different lines are different functions, with the line in their names.
    package var splitsLines = false

    /// Keeps everything.
    package init() {}

    /// Whether all samples and frames are kept.
    var keepsAll: Bool {
        time == nil && threads == nil && focus == nil && ignore == nil && hide == nil && trim == nil
            && !foldsImports && !keepsPythonOnly
    }

    /// What is left of a profile; its tables hold nothing else.
    ///
    /// - Throws: `.noTimes` when a time is to be cut out of a profile without times.
    package func apply(to profile: Profile) throws(ProfileFilterError) -> Profile {
        if time != nil, profile.samples.contains(where: \.runs.isEmpty) { throw .noTimes }
        return ProfileRewriting(profile, by: self).result()
    }
}

extension Profile {
    /// The profile with the frames of Python functions alone, or with one frame for those of an import.
    package func reduced(toPython keepsPythonOnly: Bool, foldingImports foldsImports: Bool) -> Profile {
        guard keepsPythonOnly || foldsImports else { return self }
        var filter = ProfileFilter()
        (filter.keepsPythonOnly, filter.foldsImports) = (keepsPythonOnly, foldsImports)
        return ProfileRewriting(self, by: filter).result()
    }
}

/// Why a filter can't be applied.
package enum ProfileFilterError: Error, Hashable, Sendable {
    /// The profile doesn't say when its samples were taken.
    case noTimes
}

extension ProfileFilterError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noTimes:
            "the profile doesn't say when its samples were taken; record with -f json or perf to keep the times"
        }
    }
}
