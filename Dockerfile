# One image for the bridge and for the simulated account (`fleet2mqtt simulate`): hence the extra `demo`.
# Nothing of ours is compiled, so amd64 and arm64 are the same file. docs/container.md says how to run it.

FROM python:3.13-slim AS build
LABEL org.opencontainers.image.title="fleet2mqtt"
WORKDIR /src
# The libraries first: a change of our code alone does not fetch them again. Only files whose hashes are locked are taken,
# and only ready-made ones, so that no code of a library runs here.
COPY requirements.lock requirements-build.lock ./
RUN python -m venv --without-pip /opt/fleet2mqtt \
    && pip --python /opt/fleet2mqtt/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement requirements.lock \
    && pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore \
        --require-hashes --only-binary :all: --requirement requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY bridge bridge
RUN pip wheel --no-index --no-deps --no-build-isolation --quiet --disable-pip-version-check --wheel-dir /tmp . \
    && pip --python /opt/fleet2mqtt/bin/python install --no-index --no-deps --disable-pip-version-check /tmp/*.whl

FROM python:3.13-slim
LABEL org.opencontainers.image.title="fleet2mqtt" \
      org.opencontainers.image.description="A bridge between Tesla's Fleet API and MQTT" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.url="https://github.com/fleet2mqtt/fleet2mqtt" \
      org.opencontainers.image.source="https://github.com/fleet2mqtt/fleet2mqtt" \
      org.opencontainers.image.documentation="https://github.com/fleet2mqtt/fleet2mqtt/blob/main/docs/container.md" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"
COPY --from=build /opt/fleet2mqtt /opt/fleet2mqtt
# Any user may be given to `docker run --user`, so any user may make files here; each file is its owner's alone.
# No program of the base image may give anybody rights that they do not have.
RUN mkdir -m 1777 /data \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
ENV PATH=/opt/fleet2mqtt/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    FLEET2MQTT_DATA_DIR=/data
USER 10001:10001
VOLUME /data
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s --retries=3 CMD ["fleet2mqtt", "health"]
ENTRYPOINT ["fleet2mqtt"]
CMD ["run"]
