import Glibc

/// What `statm` and `stat` count memory in.
package let pageBytes = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))
