package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobException;
import picocli.CommandLine.IExitCodeExceptionMapper;
import picocli.CommandLine.ParameterException;

/**
 * What cryo's own failures exit with.
 *
 * <pre>
 *   0   it was done
 *   2   the command line is wrong
 *   65  the image is damaged, or of a format that this version does not read
 *   66  there is no such job, or no such image
 *   69  something that is needed is not to be had on this machine
 *   70  it failed
 *   73  the job runs and should not, or does not and should
 *   75  the checkpoint failed, or was not uploaded in time, and the application runs on
 * </pre>
 */
final class ExitCodes implements IExitCodeExceptionMapper {
    static final int USAGE = 2;
    static final int IMAGE = 65;
    static final int UNKNOWN = 66;
    static final int UNAVAILABLE = 69;
    static final int FAILED = 70;
    static final int STATE = 73;
    static final int NO_CHECKPOINT = 75;

    @Override
    public int getExitCode(Throwable failure) {
        return switch (failure) {
            case JobException e -> of(e.kind());
            case ParameterException e -> USAGE;
            default -> FAILED;
        };
    }

    private static int of(JobException.Kind kind) {
        return switch (kind) {
            case USAGE -> USAGE;
            case UNKNOWN -> UNKNOWN;
            case STATE -> STATE;
            case IMAGE -> IMAGE;
            case UNAVAILABLE -> UNAVAILABLE;
            case FAILED -> FAILED;
        };
    }
}
