package dev.cryo.proxy.doctor;

import dev.cryo.streamlog.linux.Userfaultfd;

/** userfaultfd, which unified memory is kept in step by. */
final class UserfaultfdProbe implements Probe {
    private static final String NAME = "userfaultfd";

    @Override
    public Finding examine() {
        if (!System.getProperty("os.arch").equals("amd64")) {
            return Finding.fails(NAME, "is only used on amd64", "run on an amd64 machine");
        }
        return Userfaultfd.whyNot()
                .map(why -> Finding.fails(
                        NAME,
                        "unified memory is copied eagerly, which is slower: cannot " + why,
                        "run as root, or `sysctl vm.unprivileged_userfaultfd=1`, on Linux 6.6 or newer"))
                .orElse(Finding.works(NAME, "unified memory is kept in step by page faults"));
    }
}
