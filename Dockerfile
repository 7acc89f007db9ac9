# syntax=docker/dockerfile:1
# The service in a container: `docker build -t connector .`, see docs/deployment.md.
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY deploy/build.lock deploy/requirements.lock deploy/
RUN python -m venv /opt/tools \
 && /opt/tools/bin/pip install --require-hashes --only-binary :all: -r deploy/build.lock
RUN python -m venv --without-pip /opt/connector \
 && /opt/tools/bin/pip --python /opt/connector/bin/python install \
      --require-hashes --only-binary :all: -r deploy/requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY mappings mappings
COPY connector connector
RUN /opt/tools/bin/hatchling build --target wheel --directory /dist \
 && /opt/tools/bin/pip --python /opt/connector/bin/python install --no-deps --no-index /dist/*.whl \
 && /opt/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application \
      --output-reproducible --output-file /opt/connector/sbom.cdx.json /opt/connector/bin/python
RUN install -d -m 0700 -o 10001 -g 10001 /empty

FROM python:${PYTHON} AS service
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="connector" \
      org.opencontainers.image.description="Brings delivery reports, opt-outs and campaign figures from SMS gateways to Salesforce" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/connector /opt/connector
COPY --from=build --chown=10001:10001 /empty /data
ENV PATH=/opt/connector/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CONNECTOR_LISTEN=0.0.0.0:8080 \
    CONNECTOR_DATA_FOLDER=/data \
    CONNECTOR_HEARTBEAT_FILE=/tmp/connector-worker \
    CONNECTOR_LOG_FORMAT=json
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# A worker is asked with `connector health worker`: see deploy/compose.yaml.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["connector", "health"]
ENTRYPOINT ["connector"]
CMD ["run"]
