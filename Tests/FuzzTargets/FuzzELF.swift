import ObjectFiles

/// An object file: headers, notes, sections, compressed ones, symbols, and symbols embedded in it.
func fuzzELF(_ bytes: [UInt8]) { ObjectFile.readEverything(in: bytes) }
