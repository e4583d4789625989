package dev.cryo.s3;

import dev.cryo.proxy.store.Bucket;
import dev.cryo.proxy.store.StoreException;
import dev.cryo.proxy.store.StoreException.Kind;
import dev.cryo.proxy.store.StoreUrl;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** A bucket of a store that speaks S3. What the SDK throws is put into words here and nowhere else. */
final class S3Bucket implements Bucket {
    private static final int NOT_FOUND = 404;
    private static final int PRECONDITION_FAILED = 412;
    private static final int CONFLICT = 409;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final int NOT_IMPLEMENTED = 501;

    private final S3Client client;
    private final StoreUrl url;
    private final String endpoint;

    /**
     * A bucket.
     *
     * @param endpoint for messages: empty, or the words that follow the bucket's name
     */
    S3Bucket(S3Client client, StoreUrl url, String endpoint) {
        this.client = client;
        this.url = url;
        this.endpoint = endpoint;
    }

    private String bucket() {
        return url.bucket();
    }

    @Override
    public List<Stored> list(String prefix) throws IOException {
        return ask("list " + prefix, () -> client
                .listObjectsV2Paginator(request -> request.bucket(bucket()).prefix(prefix))
                .contents()
                .stream()
                .map(object -> new Stored(object.key(), object.size()))
                .toList());
    }

    @Override
    public InputStream read(String key, long from) throws IOException {
        InputStream object = ask("read " + key, () -> client.getObject(request -> {
            request.bucket(bucket()).key(key);
            if (from > 0) {
                request.range("bytes=" + from + "-");
            }
        }));
        return new ObjectStream(object, e -> unanswered("read " + key, e));
    }

    @Override
    public boolean create(String key, byte[] contents) throws IOException {
        return ask("write " + key, () -> {
            try {
                client.putObject(
                        request -> request.bucket(bucket())
                                .key(key)
                                .ifNoneMatch("*")
                                .contentMD5(Md5.of(contents)),
                        RequestBody.fromBytes(contents));
                return true;
            } catch (S3Exception e) {
                if (e.statusCode() == PRECONDITION_FAILED) {
                    return false;
                }
                throw e;
            }
        });
    }

    @Override
    public void write(String key, byte[] contents) throws IOException {
        ask("write " + key, () -> client.putObject(
                request -> request.bucket(bucket()).key(key).contentMD5(Md5.of(contents)),
                RequestBody.fromBytes(contents)));
    }

    @Override
    public void write(String key, FileRange contents) throws IOException {
        String md5 = Md5.of(contents);
        ask("write " + key, () -> client.putObject(
                request -> request.bucket(bucket()).key(key).contentMD5(md5), FileBody.of(contents)));
    }

    @Override
    public void delete(String key) throws IOException {
        ask("delete " + key, () -> client.deleteObject(request -> request.bucket(bucket()).key(key)));
    }

    @Override
    public List<Unfinished> unfinished(String prefix) throws IOException {
        return ask("list unfinished uploads below " + prefix, () -> client
                .listMultipartUploadsPaginator(request -> request.bucket(bucket()).prefix(prefix))
                .uploads()
                .stream()
                .map(upload -> new Unfinished(upload.key(), upload.uploadId()))
                .filter(upload -> upload.key().startsWith(prefix))
                .toList());
    }

    @Override
    public Unfinished begin(String key) throws IOException {
        return new Unfinished(
                key,
                ask("write " + key, () -> client.createMultipartUpload(
                                request -> request.bucket(bucket()).key(key)))
                        .uploadId());
    }

    @Override
    public List<Part> parts(Unfinished object) throws IOException {
        return ask("list the parts of " + object.key(), () -> client
                .listPartsPaginator(request ->
                        request.bucket(bucket()).key(object.key()).uploadId(object.upload()))
                .parts()
                .stream()
                .map(part -> new Part(part.partNumber(), part.size(), part.eTag()))
                .toList());
    }

    @Override
    public Part write(Unfinished object, int number, FileRange contents) throws IOException {
        String md5 = Md5.of(contents);
        String tag = ask("write part " + number + " of " + object.key(), () -> client.uploadPart(
                        request -> request.bucket(bucket())
                                .key(object.key())
                                .uploadId(object.upload())
                                .partNumber(number)
                                .contentMD5(md5),
                        FileBody.of(contents)))
                .eTag();
        return new Part(number, contents.bytes(), tag);
    }

    @Override
    public void complete(Unfinished object, List<Part> parts) throws IOException {
        List<CompletedPart> completed = new ArrayList<>();
        for (Part part : parts) {
            completed.add(CompletedPart.builder()
                    .partNumber(part.number())
                    .eTag(part.tag())
                    .build());
        }
        ask("put " + object.key() + " together", () -> client.completeMultipartUpload(
                request -> request.bucket(bucket())
                        .key(object.key())
                        .uploadId(object.upload())
                        .multipartUpload(parted -> parted.parts(completed))));
    }

    @Override
    public void abandon(Unfinished object) throws IOException {
        ask("give up the upload of " + object.key(), () -> client.abortMultipartUpload(
                request -> request.bucket(bucket()).key(object.key()).uploadId(object.upload())));
    }

    @Override
    public void close() {
        client.close();
    }

    private <T> T ask(String what, Supplier<T> request) throws IOException {
        try {
            return request.get();
        } catch (FileBody.ReadFailure e) {
            throw e.getCause();
        } catch (S3Exception e) {
            throw refused(what, e);
        } catch (SdkClientException e) {
            if (e.getCause() instanceof FileBody.ReadFailure failure) {
                throw failure.getCause();
            }
            throw unanswered(what, e);
        }
    }

    private StoreException refused(String what, S3Exception e) {
        String code = e.awsErrorDetails() == null ? "" : String.valueOf(e.awsErrorDetails().errorCode());
        String said = "(" + e.statusCode() + (code.isEmpty() ? "" : " " + code) + ")";
        String cannot = "cannot " + what + " in " + url + endpoint + ": ";
        if (e.statusCode() == NOT_IMPLEMENTED) {
            return new StoreException(
                    Kind.REFUSED, cannot + "the store does not know such a request " + said + "; cryo needs a store"
                            + " with uploads in parts and conditional writes (If-None-Match)", e);
        }
        if (e.statusCode() >= SERVER_ERROR || e.statusCode() == TOO_MANY_REQUESTS || e.statusCode() == CONFLICT) {
            return new StoreException(Kind.UNREACHABLE, cannot + "the store cannot do it now " + said, e);
        }
        return switch (code) {
            case "NoSuchBucket" -> new StoreException(
                    Kind.REFUSED,
                    cannot + "there is no bucket " + bucket() + "; create it, or name another with --store", e);
            case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken" -> new StoreException(
                    Kind.REFUSED,
                    cannot + "the store does not accept the credentials " + said + "; see AWS_ACCESS_KEY_ID,"
                            + " AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or AWS's profile", e);
            case "AccessDenied" -> new StoreException(
                    Kind.REFUSED,
                    cannot + "access is denied " + said + "; these credentials need the rights to list, read, write and"
                            + " delete there", e);
            default -> new StoreException(
                    e.statusCode() == NOT_FOUND ? Kind.MISSING : Kind.REFUSED,
                    cannot + (e.statusCode() == NOT_FOUND ? "there is no such thing " : "it is refused ") + said, e);
        };
    }

    private StoreException unanswered(String what, Exception e) {
        String cannot = "cannot " + what + " in " + url + endpoint + ": ";
        String message = String.valueOf(e.getMessage());
        if (message.contains("Unable to load credentials")) {
            return new StoreException(
                    Kind.REFUSED,
                    cannot + "no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE", e);
        }
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return new StoreException(
                Kind.UNREACHABLE, cannot + "the store does not answer (" + cause.getClass().getSimpleName() + ": "
                        + cause.getMessage() + "); is AWS_ENDPOINT_URL_S3 right?", e);
    }
}
