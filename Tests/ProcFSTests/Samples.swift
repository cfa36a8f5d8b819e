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
}
