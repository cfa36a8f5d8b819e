/// Files as Linux 6.18 writes them.
enum Samples {
    static let stat = stat(command: "redis-server")

    static func stat(command: String) -> String {
        "42 (\(command)) S 1 42 42 0 -1 4194560 2171 0 3 0 17 25 0 0 20 0 6 0 24106 71200768 3405 "
            + "18446744073709551615 94006418149376 94006419650037 140722593912880 0 0 0 0 4096 17475 0 0 0 17 1 0 0 0 0 0 "
            + "94006420030000 94006420110000 94006430000000 140722593916000 140722593916050 140722593916050 "
            + "140722593918955 0\n"
    }

    static let status = """
        Name:\tredis\\nTracerPid:\t9\\\\x
        Umask:\t0022
        State:\tS (sleeping)
        Tgid:\t42
        Ngid:\t0
        Pid:\t43
        PPid:\t1
        TracerPid:\t7
        Uid:\t1000\t1001\t1002\t1003
        Gid:\t100\t101\t102\t103
        FDSize:\t64
        Groups:\t100
        NStgid:\t42\t1
        NSpid:\t43\t5\t2
        VmSize:\t   69532 kB
        Threads:\t6
        CapPrm:\t000001ffffffffff
        CapEff:\t00000000a80425fb
        CapBnd:\t0000000000080000
        NoNewPrivs:\t1
        Seccomp:\t2
        Seccomp_filters:\t1
        voluntary_ctxt_switches:\t150
        nonvoluntary_ctxt_switches:\t545

        """

    static let sched = """
        se.exec_start : 1.000000 (42, #threads: 1)
        -------------------------------------------------------------------
        se.exec_start                                :       1673798.792451
        se.vruntime                                  :        243995.987090
        nr_switches                                  :                    7

        """

    static let maps = """
        55d0a0000000-55d0a0002000 r--p 00000000 fe:01 1835                       /usr/bin/a b
        55d0a0002000-55d0a0007000 r-xp 00002000 fe:01 1835                       /usr/bin/a b
        55d0a1000000-55d0a1021000 rw-p 00000000 00:00 0                          [heap]
        7f0000000000-7f0000001000 rw-s 00001000 00:05 1027                       /dev/zero (deleted)
        7f0000001000-7f0000002000 ---p 00000000 00:00 0\u{20}
        7f0000002000-7f0000003000 r-xp 00000000 103:10002 18446744073709551615 /tmp/new\\012line\\
        7f0000003000-7f0000004000 rw-p 00000000 00:00 0                          [anon:pool (deleted)]
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]

        """

    static let memoryStatus = """
        Name:\tRssAnon:\\n1
        Umask:\t0022
        Uid:\t1000\t1001\t1002\t1003
        VmSize:\t   69532 kB
        RssAnon:\t    5120 kB
        RssFile:\t    8000 kB
        VmSwap:\t      12 kB
        SigQ:\t0/96365
        SigIgn:\t0000000000011000

        """

    static let limits = """
        Limit                     Soft Limit           Hard Limit           Units     \u{20}
        Max cpu time              unlimited            unlimited            seconds   \u{20}
        Max open files            1024                 524288               files     \u{20}
        Max locked memory         8388608              8388608              bytes     \u{20}

        """

    static let io = """
        rchar: 6976
        wchar: 0
        syscr: 10
        syscw: 0
        read_bytes: 4096
        write_bytes: 8192
        cancelled_write_bytes: 100

        """

    static let diskstats = """
         253       0 vda 146520 1337 11935642 43201 85170 53172 11601656 90130 0 66532 137012 0 0 0 0 5071 3680
         253       1 vda1 146300 1337 11930000 43101 85170 53172 11601656 90130 0 66500 136900 0 0 0 0 0 0
         254       0 dm-0 1 2 3 4 5 6 7 8 9 10 11

        """

    static let networkDevices = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:  123456     100    0    0    0     0          0         0   123456     100    0    0    0     0       0          0
        eth0:1: 240858699  16000    0    0    0     0          0         0   189990    2500    0    0    0     0       0          0

        """

    static let cgroup = """
        9:name=systemd:/
        5:cpu,cpuacct:/other
        4:hugetlb,memory:/batch:x
        0::/

        """

    static let meminfo = """
        MemTotal:       24684096 kB
        MemFree:        23080000 kB
        MemAvailable:   23185136 kB
        SwapCached:            0 kB
        SwapTotal:             1 kB
        SwapFree:              0 kB

        """

    static let hostStat = """
        cpu  231028 109 40917 211243 1701 0 8249 224 0 0
        cpu0 115514 50 20000 105000 850 0 4000 112 0 0
        cpu1 115514 59 20917 106243 851 0 4249 112 0 0
        intr 12345 0 1
        ctxt 99

        """

    static let smapsRollup = """
        55d0a0000000-7ffc00000000 ---p 00000000 00:00 0                          [rollup]
        Rss:                1684 kB
        Pss:                  91 kB
        Pss_Dirty:            64 kB

        """

    static let tcp = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000 100 0 0 10 0
           1: 0100007F:1F91 0200000A:1538 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0000 20 4 30 10 -1
           2: 0100007F:1F92 0200000A:1538 06 00000000:00000000 03:00000A2B 00000000     0        0 0 3 0000

        """

    static let tcp6 = """
          sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 00000000000000000000000000000000:01BB 000080FE000000000000000001000000:01BB 01 00000000:00000000 00:00000000 00000000     0        0 7 1 0000
           1: 0000000000000000FFFF00000100007F:01BB 0000000000000000FFFF00000100007F:18EB 01 00000000:00000000 00:00000000 00000000     0        0 8 1 0000

        """
}
