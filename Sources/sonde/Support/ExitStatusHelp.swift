/// What every command's help says of its exit status.
enum ExitStatusHelp {
    /// The last part of a discussion.
    static let text = """


        EXIT STATUS
          0    done
          1    failed
          64   wrong usage
          77   not permitted
          130  interrupted before there was anything to write
          141  the reader of standard output has closed it, as head does
        """
}
