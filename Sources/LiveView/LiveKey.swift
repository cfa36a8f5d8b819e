/// A key that was pressed.
package enum LiveKey: Hashable, Sendable {
    /// Control characters too: Ctrl-C is U+0003, where the terminal makes no signal of it.
    case character(Unicode.Scalar)
    case up, down, left, right
    case pageUp, pageDown, home, end
    case enter, escape, backspace, tab
    /// A function key, from 1.
    case function(Int)
}

/// What is to be done outside of the view because of a key.
package enum LiveAction: Hashable, Sendable {
    case quit
    /// Stop like a job, until the shell continues it.
    case suspend
    /// Draw the whole screen anew: something else may have written to the terminal.
    case redraw
}
