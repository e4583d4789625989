package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.store.Buckets;
import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.store.StoreException;
import dev.cryo.proxy.store.StoreUrl;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.KeyUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Opens what a job has in an object store, for supervisors and commands, in whose terms it fails. */
public final class RemoteStore {
    private RemoteStore() {}

    /**
     * Opens it, without asking the store anything.
     *
     * @param url {@code s3://BUCKET/PREFIX}
     * @throws JobException if it has another form, or this installation or the environment lacks what is needed
     */
    public static RemoteImages open(String url, String job, Map<String, String> environment) throws JobException {
        try {
            StoreUrl store = StoreUrl.parse(url);
            return new RemoteImages(
                    Buckets.open(Installation.dist().resolve("lib/s3"), store, environment), store, job);
        } catch (IllegalArgumentException e) {
            throw new JobException(Kind.USAGE, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Opens it for a launch, and makes sure that the job's images can be kept there.
     *
     * @throws JobException also if the store cannot be reached or used, or has newer images than this machine
     */
    static RemoteImages forLaunch(String url, JobFolder folder, Map<String, String> environment) throws JobException {
        RemoteImages remote = open(url, folder.name(), environment);
        try {
            remote.requireUsable();
            OptionalLong newest = remote.latest();
            if (newest.isPresent() && newest.getAsLong() > folder.images().lastNumber()) {
                throw new JobException(
                        Kind.STATE,
                        url + " has images " + remote.numbers() + " of a job " + folder.name() + " that ran on another"
                                + " machine: bring that back by `cryo restart --store " + url + " " + folder.name()
                                + "`, or choose another --name or --store");
            }
            return remote;
        } catch (IOException e) {
            remote.close();
            throw failed(e);
        } catch (JobException e) {
            remote.close();
            throw e;
        }
    }

    /**
     * Makes sure that nothing on this machine uploads images of a job, which could lose what is given back meanwhile.
     *
     * @throws JobException if the job is running
     */
    public static void requireIdle(JobFolder folder) throws JobException {
        if (!Files.exists(folder.lockFile())) {
            return;
        }
        try {
            Optional<JobLock> idle = JobLock.tryTake(folder);
            if (idle.isEmpty()) {
                throw new JobException(
                        Kind.STATE,
                        "job " + folder.name() + " is running, and what it uploads could be lost: end it first by `cryo"
                                + " stop " + folder.name() + "`; while it runs, `launch --keep` removes old images"
                                + " from its store, too");
            }
            idle.get().close();
        } catch (IOException e) {
            throw new JobException(
                    Kind.FAILED, "cannot tell whether job " + folder.name() + " is running: " + e.getMessage(), e);
        }
    }

    /** Brings an image from the store into the job's folder, unless the same one is there; its number. */
    static long fetch(RemoteImages remote, OptionalLong wanted, JobFolder folder, ImageStore images,
            Messages messages)
            throws JobException, InterruptedException {
        long start = System.nanoTime();
        try {
            long number = wanted.isPresent() ? wanted.getAsLong() : newest(remote, folder.name());
            OptionalLong here = images.latest();
            if (wanted.isEmpty() && here.isPresent() && here.getAsLong() > number) {
                messages.say("image " + number + " is the newest in " + remote.url() + ", but this machine has image "
                        + here.getAsLong() + ", which `cryo restart " + folder.name() + "` brings back");
            }
            if (images.numbers().contains(number)) {
                if (!Arrays.equals(images.carry(number).manifest(), remote.manifest(number))) {
                    throw new JobException(
                            Kind.STATE,
                            "image " + number + " of job " + folder.name() + " on this machine is not the one in "
                                    + remote.url() + ": restart the one on this machine without --store, or remove it"
                                    + " by `cryo images rm " + folder.name() + "@" + number + "`");
                }
                return number;
            }
            remote.fetch(number, images);
            messages.say("image %d was fetched from %s, in %.2f s"
                    .formatted(number, remote.url(), (System.nanoTime() - start) / 1e9));
            return number;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static long newest(RemoteImages remote, String job) throws JobException, IOException {
        return remote.latest().orElseThrow(
                () -> new JobException(Kind.UNKNOWN, remote.url() + " has no image of a job " + job));
    }

    /** What went wrong, as a command tells it. */
    public static JobException failed(IOException e) {
        Kind kind = switch (e) {
            case StoreException store -> switch (store.kind()) {
                case UNREACHABLE, REFUSED -> Kind.UNAVAILABLE;
                case MISSING -> Kind.UNKNOWN;
                case CONFLICT -> Kind.STATE;
                case DAMAGED -> Kind.IMAGE;
            };
            case ImageException image -> Kind.IMAGE;
            case KeyUnavailableException key -> Kind.UNAVAILABLE;
            default -> Kind.FAILED;
        };
        return new JobException(kind, e.getMessage() == null ? e.toString() : e.getMessage(), e);
    }
}
