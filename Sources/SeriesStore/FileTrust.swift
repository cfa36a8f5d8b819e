/// What is known of a database's file before it is opened.
enum FileTrust {
    case usual
    /// It failed as damaged while it was in use: a quick check may not see why.
    case doubtful
    /// It failed again soon after all of it was checked.
    case none
}
