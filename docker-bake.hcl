# docker buildx bake                        every image, for the platform of this machine
# docker buildx bake sockyard tcp-echo      two of them
# PLATFORMS=linux/amd64,linux/arm64 docker buildx bake --push    for a registry: a builder with both, docs/releases.md

# Of the sources: version, commit, and its time (RFC 3339).
variable "VERSION" {
  default = ""
}

variable "REVISION" {
  default = ""
}

variable "CREATED" {
  default = ""
}

# In front of the names of images: a registry, with its slash.
variable "REGISTRY" {
  default = ""
}

variable "PLATFORMS" {
  default = ""
}

group "default" {
  targets = ["image"]
}

target "image" {
  name = app
  matrix = {
    app = [
      "tcp-echo",
      "udp-echo",
      "chat",
      "multicast-sender",
      "multicast-receiver",
      "sntp-listener",
      "sntp-server",
      "daytime",
      "inetd",
      "sctp-echo",
      "console",
      "survey",
      "lookup",
      "lab",
      "sockyard",
    ]
  }
  args      = { APP = app }
  tags      = ["${REGISTRY}sockyard/${app}${VERSION == "" ? "" : ":${VERSION}"}"]
  platforms = PLATFORMS == "" ? [] : split(",", PLATFORMS)
  labels = {
    for key, value in { version = VERSION, revision = REVISION, created = CREATED } :
    "org.opencontainers.image.${key}" => value if value != ""
  }
}
