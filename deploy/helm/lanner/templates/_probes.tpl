{{/* /healthz of the page: by the kubelet when the page listens on the pod's address, else from within, on loopback. */}}
{{- define "lanner.probes" -}}
{{- $v := .Values -}}
{{- if $v.probes.enabled -}}
{{- if $v.web.enabled -}}
startupProbe:
  {{- include "lanner.healthz" . | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: {{ $v.probes.timeoutSeconds }}
  failureThreshold: 60
livenessProbe:
  {{- include "lanner.healthz" . | nindent 2 }}
  periodSeconds: {{ $v.probes.periodSeconds }}
  timeoutSeconds: {{ $v.probes.timeoutSeconds }}
  failureThreshold: {{ $v.probes.failureThreshold }}
{{- end }}
{{- if $v.webhook.enabled }}
readinessProbe:
  tcpSocket:
    port: webhook
  periodSeconds: 10
{{- else if $v.web.enabled }}
readinessProbe:
  {{- include "lanner.healthz" . | nindent 2 }}
  periodSeconds: {{ $v.probes.periodSeconds }}
  timeoutSeconds: {{ $v.probes.timeoutSeconds }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "lanner.healthz" -}}
{{- if .Values.web.service.enabled -}}
httpGet:
  path: /healthz
  port: web
{{- else -}}
exec:
  command:
    - python3
    - -IS
    - -c
    - |
      import http.client
      page = http.client.HTTPConnection("127.0.0.1", {{ .Values.web.port }}, timeout={{ .Values.probes.timeoutSeconds }})
      page.request("GET", "/healthz")
      raise SystemExit(page.getresponse().status != 200)
{{- end -}}
{{- end -}}
