# One image for the bridge and for the simulated account (`fleet2mqtt simulate`): hence the extra `demo`.

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bridge bridge
RUN python -m venv --without-pip /opt/fleet2mqtt \
    && pip --python /opt/fleet2mqtt/bin/python install --no-cache-dir --disable-pip-version-check '.[demo]' \
    && mkdir -m 700 /data

FROM python:3.13-slim
LABEL org.opencontainers.image.title="fleet2mqtt" \
      org.opencontainers.image.description="A bridge between Tesla's Fleet API and MQTT" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/fleet2mqtt /opt/fleet2mqtt
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/fleet2mqtt/bin:$PATH \
    FLEET2MQTT_DATA_DIR=/data
USER 10001:10001
VOLUME /data
ENTRYPOINT ["fleet2mqtt"]
CMD ["run"]
