package dev.cryo.s3;

import dev.cryo.proxy.store.Bucket;
import dev.cryo.proxy.store.BucketProvider;
import dev.cryo.proxy.store.StoreException;
import dev.cryo.proxy.store.StoreUrl;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * Opens buckets by AWS's own variables: {@code AWS_ENDPOINT_URL_S3}, {@code AWS_ENDPOINT_URL}, {@code AWS_REGION},
 * {@code AWS_ACCESS_KEY_ID} and so on, or else by what the SDK finds in AWS's files and on AWS's machines.
 */
public final class S3BucketProvider implements BucketProvider {
    private static final String ENDPOINT = "the endpoint (AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL) has not the form"
            + " http://HOST:PORT or https://HOST";
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(60);

    /** For {@link java.util.ServiceLoader}. */
    public S3BucketProvider() {}

    @Override
    public Bucket open(StoreUrl url, Map<String, String> environment) throws StoreException {
        try {
            Optional<URI> endpoint = variable(environment, "AWS_ENDPOINT_URL_S3")
                    .or(() -> variable(environment, "AWS_ENDPOINT_URL"))
                    .map(S3BucketProvider::uri);
            S3ClientBuilder client = S3Client.builder()
                    .httpClientBuilder(UrlConnectionHttpClient.builder()
                            .connectionTimeout(CONNECT)
                            .socketTimeout(ANSWER))
                    .credentialsProvider(credentials(environment))
                    .region(region(environment, endpoint))
                    // Other stores than AWS's do not know its newer checksums. Each upload tells its MD5 instead.
                    .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                    .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
            endpoint.ifPresent(uri -> client.endpointOverride(uri).forcePathStyle(true));
            return new S3Bucket(client.build(), url, endpoint.map(uri -> " at " + uri).orElse(""));
        } catch (SdkClientException | IllegalArgumentException e) {
            throw new StoreException(
                    StoreException.Kind.REFUSED, "cannot use " + url + ": " + e.getMessage(), e);
        }
    }

    private static Optional<String> variable(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    /** The text is not repeated: somebody may have put a password into it. */
    private static URI uri(String text) {
        try {
            URI uri = new URI(text);
            if (uri.getHost() != null && uri.getUserInfo() == null
                    && String.valueOf(uri.getScheme()).matches("https?")) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(ENDPOINT, e);
        }
        throw new IllegalArgumentException(ENDPOINT);
    }

    private static Region region(Map<String, String> environment, Optional<URI> endpoint) {
        Optional<String> named =
                variable(environment, "AWS_REGION").or(() -> variable(environment, "AWS_DEFAULT_REGION"));
        if (named.isPresent()) {
            return Region.of(named.get());
        }
        if (endpoint.isPresent()) {
            return Region.US_EAST_1; // What stores of other makers take where nothing is told.
        }
        try {
            return DefaultAwsRegionProviderChain.builder().build().getRegion();
        } catch (SdkClientException e) {
            throw new IllegalArgumentException(
                    "no region: set AWS_REGION, or AWS_ENDPOINT_URL_S3 for a store that is not AWS's", e);
        }
    }

    private static AwsCredentialsProvider credentials(Map<String, String> environment) {
        Optional<String> key = variable(environment, "AWS_ACCESS_KEY_ID");
        Optional<String> secret = variable(environment, "AWS_SECRET_ACCESS_KEY");
        if (key.isEmpty() || secret.isEmpty()) {
            return DefaultCredentialsProvider.builder().build();
        }
        return StaticCredentialsProvider.create(variable(environment, "AWS_SESSION_TOKEN")
                .<software.amazon.awssdk.auth.credentials.AwsCredentials>map(
                        token -> AwsSessionCredentials.create(key.get(), secret.get(), token))
                .orElseGet(() -> AwsBasicCredentials.create(key.get(), secret.get())));
    }
}
