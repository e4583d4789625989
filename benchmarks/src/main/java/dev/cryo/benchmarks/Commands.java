package dev.cryo.benchmarks;

import dev.cryo.benchmarks.bench.BenchCommand;
import dev.cryo.benchmarks.demo.DemoCommand;
import dev.cryo.proxy.cli.MoreCommands;
import java.util.List;

/** The commands that this module adds to the command line. */
public final class Commands implements MoreCommands {
    @Override
    public List<Object> commands() {
        return List.of(new DemoCommand(), new BenchCommand());
    }
}
