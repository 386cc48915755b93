{{/* The pod template of DaemonSet and Deployment. */}}
{{- define "lanner.pod" -}}
{{- $v := .Values -}}
metadata:
  labels:
    {{- include "lanner.labels" . | nindent 4 }}
    {{- with $v.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: lanner
    checksum/config: {{ include "lanner.config" . | sha256sum }}
    {{- with $v.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "lanner.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $v.terminationGracePeriodSeconds }}
  {{- with $v.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $v.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "lanner.podSecurityContext" . | nindent 4 }}
  {{- with $v.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if include "lanner.prepares" . }}
  initContainers:
    {{- include "lanner.prepare" . | nindent 4 }}
  {{- end }}
  containers:
    - name: lanner
      image: {{ include "lanner.image" . }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      command: [lanner]
      args: [run, -c, /etc/lanner/lanner.yaml]
      env:
        - name: LANNER_DATA
          value: /var/lib/lanner
        {{- if eq $v.kind "DaemonSet" }}
        - name: FALCO_HOSTNAME
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
        {{- end }}
        {{- with $v.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $v.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with include "lanner.ports" . }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with include "lanner.probes" . }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with $v.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- toYaml $v.securityContext | nindent 8 }}
      volumeMounts:
        {{- include "lanner.volumeMounts" . | nindent 8 }}
  volumes:
    {{- include "lanner.volumes" . | nindent 4 }}
{{- end -}}

{{- define "lanner.podSecurityContext" -}}
{{- $context := deepCopy .Values.podSecurityContext -}}
{{- if .Values.audit.runAsRoot -}}
{{- $context = mergeOverwrite $context (dict "runAsUser" 0 "runAsNonRoot" false) -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{/* Root, but with no capability: it may pass on only what root itself owns, and only to the group that it runs as. */}}
{{- define "lanner.prepare" -}}
{{- $v := .Values -}}
- name: prepare
  image: {{ include "lanner.image" . }}
  imagePullPolicy: {{ $v.image.pullPolicy }}
  command:
    - /bin/sh
    - -ec
    - |
      give() {
        if [ -e "$2" ] && [ "$(stat -c %u "$2")" = 0 ]; then
          chgrp "$(id -g)" "$2"
          chmod "$1" "$2"
        fi
      }
      {{- if and (eq $v.data.type "hostPath") $v.data.prepare }}
      give g+rwx,o-rwx /var/lib/lanner
      {{- end }}
      {{- if and $v.audit.enabled $v.audit.grantGroupRead }}
      {{- $folder := trimSuffix "/" $v.audit.folder }}
      {{- $extension := ext $v.audit.file }}
      {{- $stem := trimSuffix $extension $v.audit.file }}
      give g+rx '{{ $folder }}'
      for log in '{{ $folder }}/{{ $v.audit.file }}' '{{ $folder }}/{{ $stem }}-'*'{{ $extension }}'*; do
        give g+r "$log"
      done
      {{- end }}
  securityContext:
    {{- toYaml (mergeOverwrite (deepCopy $v.securityContext) (dict "runAsUser" 0 "runAsNonRoot" false)) | nindent 4 }}
  {{- with $v.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: data
      mountPath: /var/lib/lanner
    {{- if and $v.audit.enabled $v.audit.grantGroupRead }}
    - name: audit
      mountPath: {{ $v.audit.folder }}
    {{- end }}
{{- end -}}

{{- define "lanner.ports" -}}
{{- $v := .Values -}}
{{- if or $v.webhook.enabled (and $v.web.enabled $v.web.service.enabled) -}}
ports:
  {{- if $v.webhook.enabled }}
  - name: webhook
    containerPort: {{ $v.webhook.port }}
    {{- if $v.webhook.hostPort }}
    hostPort: {{ $v.webhook.hostPort }}
    hostIP: 127.0.0.1
    {{- end }}
  {{- end }}
  {{- if and $v.web.enabled $v.web.service.enabled }}
  - name: web
    containerPort: {{ $v.web.port }}
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "lanner.volumeMounts" -}}
{{- $v := .Values -}}
- name: config
  mountPath: /etc/lanner
  readOnly: true
{{- if include "lanner.rulesConfigMap" . }}
- name: rules
  mountPath: /etc/lanner/rules
  readOnly: true
{{- end }}
{{- if $v.audit.enabled }}
- name: audit
  mountPath: {{ $v.audit.folder }}
  readOnly: true
{{- end }}
{{- if and $v.webhook.enabled $v.webhook.tls.secretName }}
- name: tls
  mountPath: /etc/lanner-tls
  readOnly: true
{{- end }}
{{- if and $v.webhook.enabled $v.webhook.token.secretName }}
- name: token
  mountPath: /etc/lanner-token
  readOnly: true
{{- end }}
- name: data
  mountPath: /var/lib/lanner
- name: tmp
  mountPath: /tmp
{{- with $v.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "lanner.volumes" -}}
{{- $v := .Values -}}
- name: config
  configMap:
    name: {{ include "lanner.fullname" . }}
{{- with include "lanner.rulesConfigMap" . }}
- name: rules
  configMap:
    name: {{ . }}
{{- end }}
{{- if $v.audit.enabled }}
- name: audit
  hostPath:
    path: {{ $v.audit.folder }}
    type: Directory
{{- end }}
{{- if and $v.webhook.enabled $v.webhook.tls.secretName }}
- name: tls
  secret:
    secretName: {{ $v.webhook.tls.secretName }}
    defaultMode: 0440
{{- end }}
{{- if and $v.webhook.enabled $v.webhook.token.secretName }}
- name: token
  secret:
    secretName: {{ $v.webhook.token.secretName }}
    defaultMode: 0440
{{- end }}
- name: data
  {{- if eq $v.data.type "hostPath" }}
  hostPath:
    path: {{ $v.data.hostPath }}
    type: DirectoryOrCreate
  {{- else if eq $v.data.type "persistentVolumeClaim" }}
  persistentVolumeClaim:
    claimName: {{ default (include "lanner.fullname" .) $v.data.existingClaim }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ $v.data.size }}
  {{- end }}
- name: tmp
  emptyDir:
    sizeLimit: 1Gi
{{- with $v.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
