internal import ObjectFiles

/// Why call frame information could not be used.
enum CallFrameError: Error, Equatable {
    case endOfData
    case numberTooLarge
    case unsupportedVersion(UInt8)
    case unsupportedAugmentation([UInt8])
    case unsupportedPointerEncoding(UInt8)
    /// A frame description entry points to something that is not a common information entry.
    case noCommonInformation(at: UInt64)
    case unreadable(at: UInt64)
    case entryTooLong(at: UInt64)
    case unsupportedInstruction(UInt8)
    case unsupportedOperation(UInt8)
    case unsupportedReturnAddressColumn(UInt64)
    /// The common information says nothing of the frame's address, or not in the plain way.
    case noFrameAddress
    /// The recording may not spend more on the tables of its targets' object files.
    case budgetExhausted(BudgetExhausted)
}
