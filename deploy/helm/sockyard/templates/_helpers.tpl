{{/* A name that is one of DNS whatever the release is called: it begins with a letter, and leaves room for what follows. */}}
{{- define "sockyard.name" -}}
{{- if contains "sockyard" .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "sockyard-%s" .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sockyard.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "sockyard.labels" -}}
{{ include "sockyard.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end -}}

{{- define "sockyard.secret" -}}
{{- .Values.existingSecret | default (printf "%s-key" (include "sockyard.name" .)) -}}
{{- end -}}

{{- define "sockyard.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{/* What Pod Security "restricted" demands of a pod, and what every pod here has. */}}
{{- define "sockyard.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: key
    secret:
      secretName: {{ include "sockyard.secret" . | quote }}
      defaultMode: 288 # 0440
{{- end -}}

{{- define "sockyard.container" -}}
image: {{ include "sockyard.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy | quote }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources:
  {{- toYaml .Values.agents.resources | nindent 2 }}
volumeMounts:
  - { name: key, mountPath: /key, readOnly: true }
{{- end -}}

{{/* An agent on each node. Takes a dict: root, component, own (the values of this set), hostNetwork. */}}
{{- define "sockyard.agents" -}}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ printf "%s-%s" (include "sockyard.name" .root) .component | quote }}
  labels:
    {{- include "sockyard.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component | quote }}
spec:
  selector:
    matchLabels:
      {{- include "sockyard.selector" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component | quote }}
  template:
    metadata:
      labels:
        {{- include "sockyard.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component | quote }}
        sockyard/role: agent
    spec:
      {{- include "sockyard.pod" .root | nindent 6 }}
      {{- if .hostNetwork }}
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      {{- end }}
      terminationGracePeriodSeconds: 10
      containers:
        - name: agent
          {{- include "sockyard.container" .root | nindent 10 }}
          args:
            - agent
            - --key-file=/key/mesh.key
            {{- range .root.Values.agents.allow }}
            - {{ printf "--allow=%s" . | quote }}
            {{- end }}
          env:
            - name: SOCKYARD_NAME
              valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
            - { name: SOCKYARD_ADMIN_PORT, value: "9112" }
          ports:
            - { name: coordinators, containerPort: 4863, protocol: TCP }
            - { name: echo, containerPort: 3111, protocol: TCP }
            - { name: echo-udp, containerPort: 3333, protocol: UDP }
            - { name: stamp, containerPort: 4862, protocol: UDP }
            - { name: sctp, containerPort: 9899, protocol: UDP }
            - { name: multicast-ping, containerPort: 4321, protocol: UDP }
            - { name: admin, containerPort: 9112, protocol: TCP }
          livenessProbe:
            httpGet: { path: /livez, port: admin }
            periodSeconds: 30
            timeoutSeconds: 5
          readinessProbe:
            httpGet: { path: /readyz, port: admin }
            periodSeconds: 10
            timeoutSeconds: 5
      {{- with .own.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .own.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
